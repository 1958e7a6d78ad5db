"""The small world: tables of things, and questions about them whose answers are right by construction."""
import pathlib
import re

FIELDS = ["name", "what", "look", "where", "can", "like", "fact", "advice", "bad"]
PEOPLE = ("Anna", "Tom", "Lucy", "Ben", "Mia", "Sam", "Eva", "Leo", "Nina", "Max", "Ella", "Jack", "Rosa", "Paul", "Ivy", "Omar")
HE = {"a father", "a brother", "a grandfather", "a king", "a wizard"}
SHE = {"a mother", "a sister", "a grandmother", "a queen", "a princess"}
IRREGULAR = {"child": "children", "sheep": "sheep", "deer": "deer", "fish": "fish", "mouse": "mice", "goose": "geese", "wolf": "wolves", "knife": "knives",
             "leaf": "leaves", "potato": "potatoes", "tomato": "tomatoes", "scarf": "scarves"}
ANY = re.compile(r"(Tell|Why do|Where can|Where do|What do you|Do you like|Give|Say|Describe|Talk) .*\{n\}[.?]")  # questions that take a plural as well
GIRLS = {"Anna", "Lucy", "Mia", "Eva", "Nina", "Ella", "Rosa", "Ivy"}


def cap(text):
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


class Thing:
    """One row of a table, with the grammar needed to speak of it."""

    def __init__(self, line, table):
        values = [part.strip() for part in line.split("|")]
        assert len(values) == len(FIELDS), (table, line)
        self.__dict__.update(zip(FIELDS, values))
        self.table = table
        self.plural = not re.match(r"(a|an|the) ", self.name) and values[1].startswith("~")
        self.what = self.what.lstrip("~ ")
        self.bare = re.sub(r"^(a|an|the) ", "", self.name)
        self.person = table == "people"
        self.it = "he" if self.name in HE else "she" if self.name in SHE else "it" if self.name == "a robot" else "they" if self.plural or self.person else "it"
        self.many = self.it == "they"
        self.them = {"he": "him", "she": "her", "they": "them", "it": "it"}[self.it]
        self.all = self.plural_name() if self.person else self.name  # the name beside the reason, which speaks of "they"
        self.be = "are" if self.plural else "is"
        self.Name = cap(self.name)

    def plural_name(self):
        """The name in the plural."""
        last = self.bare.split()[-1]
        if last in IRREGULAR:
            return self.bare.removesuffix(last) + IRREGULAR[last]
        if re.search(r"[^aeiou]y$", last):
            return self.bare[:-1] + "ies"
        return self.bare + ("es" if re.search(r"(s|x|ch|sh|mosquito)$", last) else "s")

    def verb(self, phrase):
        """A predicate in the third person, changed to fit "they" where needed."""
        if not self.many:
            return phrase
        if phrase.startswith("often "):
            return "often " + self.verb(phrase[6:])
        first, _, rest = phrase.partition(" ")
        changed = {"is": "are", "has": "have", "was": "were", "wears": "wear", "looks": "look", "cannot": "cannot"}.get(
            first, first[:-1] if first.endswith("s") and not first.endswith("ss") else first)
        return f"{changed} {rest}".strip()

    @property
    def definition(self):
        return f"{self.Name} {self.be} {self.what}."

    @property
    def looks(self):
        return cap(f"{self.it} {self.verb(self.look)}.")

    @property
    def place(self):
        return f"You can find {self.name} {self.where}."

    @property
    def ability(self):
        if self.table in ("animals", "people"):
            return cap(f"{self.it} can {self.can}.")
        return f"You can {self.can}."

    @property
    def reason(self):
        return f"People like {self.all} because {self.like}."


def load():
    """Reads every table beside this file."""
    things = []
    for path in sorted((pathlib.Path(__file__).parent / "world").glob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                things.append(Thing(line, path.stem))
    return things


def what(t, r):
    ask = r.choice(["What {b} {n}?", "What {b} {n}?", "What is meant by {n}?", "Explain {n} in one sentence.", "Do you know what {n} {b}?",
                    "Define {n}.", "Can you explain what {n} {b}?"])
    return ask, r.choice([t.definition, t.definition, t.definition + " " + t.looks])


def about(t, r):
    ask = r.choice(["Tell me about {n}.", "Tell me about {n}.", "Tell me something about {n}.", "Describe {n}.", "Describe {n} in simple words.",
                    "What do you know about {n}?", "Talk about {n}.", "Can you tell me about {n}?"])
    return ask, " ".join([t.definition, t.looks, r.choice([t.fact, t.fact, t.ability])])


def three(t, r):
    ask = r.choice(["Write three short sentences about {n}.", "Write three sentences about {n}.", "Give me three short sentences about {n}.",
                    "Say three things about {n}."])
    return ask, " ".join([t.definition, r.choice([t.looks, t.ability, t.place]), t.fact])


def where(t, r):
    ask = r.choice(["Where can I find {n}?", "Where can I find {n}?", "Where is {n} found?", "Where can you see {n}?", "Where do I find {n}?"])
    return ask, t.place


def look(t, r):
    ask = r.choice(["What does {n} look like?", "How does {n} look?"])
    if t.plural:
        ask = "What do {n} look like?"
    return ask, f"{t.Name} {t.verb(t.look) if t.plural else t.look}."


def can(t, r):
    if t.table in ("animals", "people"):
        ask = r.choice(["What can {n} do?", "What does {n} do?", "Tell me what {n} can do."])
        return ask, f"{t.Name} can {t.can}."
    ask = r.choice(["What can you do with {n}?", "What can I do with {n}?", "What {b} {n} good for?", "How do people use {n}?"])
    return ask, f"You can {t.can}."


def like(t, r):
    ask = r.choice(["Why do people like {n}?", "Why do people like {n}?", "What is good about {n}?", "Why is {n} good?", "Why do we like {n}?"])
    if t.plural:
        ask = ask.replace("Why is", "Why are")
    return ask, r.choice([t.reason, t.reason, t.reason + " " + t.fact])


def fact(t, r):
    return r.choice(["Tell me a fact about {n}.", "Tell me one fact about {n}.", "Give me a fact about {n}.", "Do you know a fact about {n}?"]), t.fact


def advice(t, r):
    ask = r.choice(["Give me one piece of advice about {n}.", "Give me some advice about {n}.", "What should I know about {n}?", "Do you have a tip about {n}?"])
    return ask, t.advice


def care(t, r):
    return r.choice(["How do I take care of {n}?", "How should I treat {n}?", "How can I look after {n}?"]), t.advice


def good_bad(t, r):
    ask = r.choice(["What is good and what is bad about {n}?", "What is the good and the bad side of {n}?"])
    return ask, f"The good thing about {t.all} is that {t.like}. The bad thing is that {t.bad}."


def bad(t, r):
    return r.choice(["What is bad about {n}?", "What is the problem with {n}?", "Why do some people not like {n}?"]), f"Some people do not like {t.all} because {t.bad}."


def nice(t, r):
    return r.choice(["Say something nice about {n}.", "Say something good about {n}."]), r.choice(
        [f"I like {t.all} because {t.like}.", f"{cap(t.all)} {'are' if t.person else t.be} wonderful, because {t.like}."])


def think(t, r):
    return r.choice(["What do you think of {n}?", "What do you think about {n}?", "Do you like {n}?"]), r.choice(
        [f"I think {t.all} {'are' if t.person else t.be} good, because {t.like}.", f"I like {t.all}, because {t.like}.", f"I think that {t.like}, but {t.bad}."])


def child(t, r):
    ask = r.choice(["Tell a small child about {n}.", "Explain {n} to a child."])
    return ask, " ".join(r.sample([t.definition, t.looks, t.fact], 2)) if r.random() < 0.3 else f"{t.definition} {t.looks} {t.reason}"


def without(t, r):
    ask = r.choice(["What would the world be without {n}?", "What if there were no {p}?"]).replace("{p}", t.plural_name() if t.name.startswith("a") and t.name != t.bare else t.bare)
    if t.table in ("animals", "people"):
        return ask, f"Without {t.all}, the world would be a poorer place. We would miss {'them' if t.person else t.them}, because {t.like}."
    return ask, f"Without {t.name}, the world would be different. You could not {t.can}."


ASKS = [(what, 4), (about, 5), (three, 3), (where, 3), (look, 2), (can, 3), (like, 4), (fact, 3), (advice, 2), (care, 1), (good_bad, 1),
        (bad, 1), (nice, 2), (think, 2), (child, 1), (without, 1)]


def question(t, r):
    """A random question about a thing, and its answer."""
    make = r.choices([a for a, _ in ASKS], [n for _, n in ASKS])[0]
    ask, answer = make(t, r)
    if re.match("an? ", t.name) and r.random() < 0.25 and ANY.match(ask):  # people also ask about dogs
        ask = ask.replace("{n}", t.plural_name())
    return ask.replace("{n}", t.name).replace("{b}", t.be), answer
