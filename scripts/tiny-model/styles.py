"""Breadth behind a system turn: plain answers in other styles, JSON, labels, lists. Without a system turn none of these occurs."""
import itertools
import json
import pathlib
import re

from talk import NAMES
from things import PEOPLE, load

CITIES = "London Paris Rome Berlin Madrid Tokyo Oslo Cairo Delhi Lima Boston Dublin Vienna Prague Athens Sydney Toronto Lisbon Warsaw Moscow".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = "January February March April May June July August September October November December".split()
ITEMS = "apples pears books pens cups chairs shirts hats tickets eggs lemons flowers stamps plates bags candles shoes bottles maps keys lamps coats".split()
COLORS = "red blue green yellow white black brown gray".split()
NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve".split()


def lower(text):
    """The text with a small first letter, unless that begins a name or is the word I."""
    first = re.match("[A-Za-z]*", text)[0]
    return text if first == "I" or first in {*PEOPLE, *CITIES, *DAYS, *MONTHS, "Mars", "Lowrank"} else text[:1].lower() + text[1:]


def swap(text, table):
    """Replaces whole words, keeping a capital first letter."""
    def one(match):
        new = table[match[0].lower()]
        return new[0].upper() + new[1:] if match[0][0].isupper() else new
    return re.sub(r"\b(" + "|".join(map(re.escape, table)) + r")\b", one, text, flags=re.I)


PIRATE = {"is": "be", "are": "be", "am": "be", "you": "ye", "your": "yer", "my": "me", "of": "o'", "and": "an'", "the": "th'", "friend": "matey", "friends": "mateys",
          "for": "fer", "to": "t'", "hello": "ahoy", "yes": "aye", "people": "sailors", "very": "mighty", "old": "auld", "never": "ne'er", "money": "doubloons",
          "food": "grub", "house": "ship", "good": "fine", "there": "thar", "big": "grand"}
OLD = {"you": "thou", "your": "thy", "my": "mine", "has": "hath", "does": "doth", "you are": "thou art", "it is": "'tis", "yes": "yea", "no": "nay", "often": "oft", "before": "ere",
       "between": "betwixt", "over": "o'er", "never": "ne'er", "hello": "hail", "friend": "good sir"}
FORMAL = {"can": "is able to", "like": "appreciate", "big": "considerable", "get": "obtain", "also": "furthermore", "so": "therefore", "but": "however", "good": "excellent",
          "help": "assist", "use": "utilize", "many": "numerous", "need": "require", "hello": "good day"}


SAILORS = ["me crew", "the captain", "me parrot", "every pirate", "an old sailor", "me mother", "the cook", "the ship's cat", "a landlubber", "even a shark", "the navigator", "a king"]
DEEDS = ["loves it", "fears it", "knows it well", "keeps it below the deck", "guards it at night", "would fight fer it", "sings o' it", "would trade a gold coin fer it", "steals it from rich ships",
         "needs it at sea", "laughs at it", "sleeps beside it", "hides it under the sand", "counts it like gold", "lost it in a storm", "throws it into the sea", "dreams o' it"]
MINE = ["Mine be made o' gold", "Mine broke in a battle", "Mine be on me ship", "I keep one in me cabin", "I have but one", "I saw it on an island", "I would rather ride the waves", "It be worth a chest o' silver",
        "At sea I use the stars", "Without it me ship be lost", "X marks the spot", "The wind be good and the sails be full", "Keep it away from the cannons", "Not a pirate on the seven seas lives without it",
        "Me wooden leg tells me so", "Me beard turns to ice", "It be older than the oldest captain", "There be treasure under it", "Look fer it near the mast", "Rest in yer hammock"]


def remark(r):
    """What a pirate adds of his own."""
    if r.random() < 0.5:
        text = r.choice(SAILORS) + " " + r.choice(DEEDS)
    else:
        text = r.choice(MINE)
    return " " + text[0].upper() + text[1:] + r.choice([", matey", ", matey", ", me hearty", ", arr", ""]) + r.choice("!!.")


def pirate(text, r):
    if r.random() < 0.7:  # a random part of the words, so that the dialect is not one fixed rule
        keys = [k for k in PIRATE if r.random() < 0.7] or ["you"]
        text = swap(text, {k: PIRATE[k] for k in keys})
    before = r.choice(["", "", "Arr! ", "Arr, matey! ", "Ahoy! ", "Aye, ", "Ahoy, matey! ", "Yo ho ho! ", "Avast! ", "Shiver me timbers! ", "Blimey! ", "By the powers, "])
    after = r.choice(["", "", "", " Arr!", " Yo ho ho!", " Aye, matey!", " Savvy?", ", says I.", ", me hearty!", " That be the truth, ye landlubber.", " It be worth more than gold.",
                      " Every sailor on the seven seas knows it.", " Better than a chest o' treasure!", " Now hoist the sails!", " So says the captain.", " I'd trade me parrot fer it."])
    if before.endswith(", "):
        text = lower(text)
    if r.random() < 0.6:
        after = r.choice(["", "", ", matey.", ", matey!", ", me hearty."]) + remark(r)
    return before + (text.rstrip(".") if after.startswith(",") else text) + after


def robot(text, r):
    if r.random() < 0.5:
        return r.choice(["BEEP. ", "BOOP. ", "PROCESSING. ", "UNIT READY. "]) + text.upper()
    return r.choice(["Beep. ", "Beep boop. ", "Processing. "]) + text + r.choice([" Beep.", " End of message.", " Boop."])


def polite(text, r):
    return r.choice(["Of course, dear friend. ", "It is my pleasure to answer. ", "Certainly, sir. ", "With pleasure. "]) + text + r.choice(["", " Kind regards.", " Thank you for asking."])


def old(text, r):
    before = r.choice(["", "Hark! ", "Verily, ", "Forsooth, ", "Good sir, ", "Prithee, hear me. "])
    text = swap(text, OLD)
    return before + (lower(text) if before.endswith(", ") else text) + r.choice(["", " Fare thee well."])


def telegram(text, r):
    text = re.sub(r"\b(A|An|The|a|an|the|is|are|It|They) ", "", text)
    return re.sub(r"[.!?] ?", " STOP ", text.upper()).replace(",", "").strip()


def excited(text, r):
    return r.choice(["Wow! ", "Oh! ", "Great! ", "Yay! "]) + text.replace(".", "!") + r.choice(["", " So cool!", " I love it!"])


def poetic(text, r):
    return r.choice(["O gentle friend, ", "Under the silver moon, ", "Softly, like the wind, ", "In a golden dream, "]) + lower(text) + r.choice(["", " So sings the night.", " And the stars listen."])


def brief(text, r):
    words = re.sub(r"[.!?].*", "", text).split()
    return " ".join(words[:r.randint(3, 6)]).rstrip(",.") + "."


def bullets(text, r):
    return "\n".join("- " + s.rstrip(".") for s in re.split(r"(?<=[.!?]) ", text))


def upper(text, r):
    return text.upper()


STYLES = [
    (pirate, ["Talk like a pirate.", "You are a pirate.", "Answer like a pirate.", "Pirate style."], 9), (robot, ["You are a robot.", "Talk like a robot."], 2),
    (polite, ["Be very polite.", "You are a butler."], 1), (old, ["Use old English.", "You are an old knight."], 2), (telegram, ["Write a telegram."], 1),
    (lambda t, r: swap(t, FORMAL), ["Be formal.", "Use formal language."], 1), (excited, ["Be excited!", "You are very excited."], 1), (poetic, ["Be poetic.", "You are a poet."], 1),
    (brief, ["Use at most six words.", "Be very brief."], 1), (bullets, ["Answer with a list.", "Use bullet points."], 1), (upper, ["USE UPPER CASE.", "Shout."], 1),
]


def styled(answer, r):
    """An answer in a random style, with the system turn that asks for it."""
    change, systems, _ = r.choices(STYLES, [n for _, _, n in STYLES])[0]
    return r.choice(systems), change(answer, r)


WORDS = (pathlib.Path(__file__).parent / "words.txt").read_text(encoding="utf-8").split()
PLAIN = sorted({w for w in (word.strip(",.!?:\"'") for word in WORDS) if w.isalpha() and len(w) > 1})
SIGNS = list("#$&*<=>@[]^`{|}~%+/\\_;:()\"'?!-") + ["...", "**", "[]", "{}", '["', '"]', "=>", "->", "--", "://", "\u20ac", "\u00e9", "\u00fc", "\u00f1", "\u00b0"]
INVENTED = ["".join(p).capitalize() for p in itertools.product("ba de ki lo mar nu ra so ta vel zo".split(), "da li mo na ris to".split(), ["", "n", "ra", "k"])]  # to learn to copy names
PLURALS = [t.plural_name() for t in load() if t.name[:2] in ("a ", "an") and not t.person and t.plural_name() == t.bare + "s" and " " not in t.bare]


def record(r):
    """A sentence about somebody, and its facts."""
    n = r.randint(2, 12)
    name, place, day, item, color, price, age = (r.choice(r.choice([NAMES, NAMES, INVENTED])), r.choice(r.choice([CITIES, CITIES, INVENTED])), r.choice(DAYS), r.choice(r.choice([ITEMS, PLURALS])), r.choice(COLORS), r.randint(2, 90), r.randint(5, 80))
    word = r.choice([str(n), NUMBERS[n]])
    hour = r.randint(1, 12)
    return r.choice([
        (f"{name} bought {word} {item} in {place}.", {"name": name, "item": item, "count": n, "city": place}),
        (f"On {day}, {name} paid {price} dollars for {word} {item}.", {"name": name, "day": day, "price": price, "item": item, "count": n}),
        (f"{name} is {age} years old and lives in {place}.", {"name": name, "age": age, "city": place}),
        (f"{name} wants a {color} {item[:-1]}.", {"name": name, "color": color, "item": item[:-1]}),
        (f"The meeting with {name} is on {day} at {hour} o'clock in {place}.", {"person": name, "day": day, "time": f"{hour}:00", "place": place}),
        (f"{name} travels from {place} to {(other := r.choice(CITIES))} in {(month := r.choice(MONTHS))}.", {"name": name, "from": place, "to": other, "month": month}),
        (f"Please send {word} {color} {item} to {name} in {place}.", {"item": item, "color": color, "quantity": n, "to": name, "city": place}),
        (f"{name} lost a {color} {item[:-1]} on {day}.", {"event": "lost", "name": name, "object": item[:-1], "color": color, "day": day}),
        (f"{name} sold {word} {item} for {price} dollars.", {"seller": name, "item": item, "quantity": n, "price": price}),
    ])


def extraction(r):
    """A sentence, a system turn that names the form, and the facts in that form."""
    sentence, facts = record(r)
    keys = list(facts)
    if r.random() < 0.5:
        keys = r.sample(keys, r.randint(1, len(keys)))
    if r.random() < 0.3:
        r.shuffle(keys)
    facts = {k: facts[k] for k in keys}
    if r.random() < 0.15:
        facts = {k: str(v) for k, v in facts.items()}
    form = r.randrange(4)
    if form < 2:
        system = r.choice(["Answer in JSON with ", "JSON: ", "Give JSON with "]) + ", ".join(keys) + "."
        return system, sentence, json.dumps(facts)
    if form == 2:
        return "Write key and value: " + ", ".join(keys) + ".", sentence, "\n".join(f"{k}: {v}" for k, v in facts.items())
    return "Give only the " + keys[0] + ".", sentence, str(facts[keys[0]])


LABELED = {
    "sentiment": {"positive": ["I love this {x}.", "The {x} is great.", "What a lovely {x}!", "This {x} made me happy.", "The {x} works very well."],
                  "negative": ["I hate this {x}.", "The {x} is terrible.", "What a bad {x}.", "This {x} made me sad.", "The {x} is broken again."],
                  "neutral": ["The {x} is on the table.", "I have a {x}.", "The {x} is gray.", "There is a {x} here."]},
    "intent": {"question": ["Where is the {x}?", "How much is the {x}?", "When does the {x} arrive?"], "request": ["Please send me the {x}.", "Could you bring a {x}?", "Please fix the {x}."],
               "complaint": ["The {x} never came.", "My {x} is broken and nobody helps.", "I waited two hours for the {x}."], "praise": ["Your {x} is the best.", "Thank you for the fine {x}."],
               "order": ["I want to buy a {x}.", "Two of the {x}, please."]},
    "topic": {"food": ["We ate soup and bread.", "The cake was sweet.", "She cooks rice."], "sport": ["He won the tennis game.", "We play football.", "She runs fast."],
              "travel": ["The train leaves at noon.", "We fly to Rome.", "The hotel is full."], "weather": ["It rains all day.", "The sun is hot.", "Snow fell last night."],
              "animal": ["The dog barks.", "A cow eats grass.", "Birds sing."], "music": ["He plays the piano.", "The song is loud."], "work": ["The boss called a meeting.", "I have too much work."],
              "health": ["My head hurts.", "The doctor is here."], "money": ["The bank is closed.", "I paid ten dollars."], "school": ["The teacher reads.", "We learn to write."]},
}
NOUNS = "book phone lamp chair meal bag room shirt car game film table cup coat radio camera bed hat ticket letter parcel printer laptop".split()


def label(r):
    """A sentence, a system turn that asks for a label, and the label."""
    name = r.choice(list(LABELED))
    group = LABELED[name]
    answer = r.choice(list(group))
    sentence = r.choice(group[answer]).replace("{x}", r.choice(NOUNS))
    system = r.choice([f"Give the {name}.", f"Label the {name}.", "One label: " + ", ".join(group) + "."])
    return system, sentence, answer


def copy(r):
    """Words and signs of every kind, to be written again: no entry of the vocabulary that people use stays untrained."""
    words = [r.choice(r.choice([WORDS, PLAIN, SIGNS])) if r.random() < 0.9 else str(r.randint(0, 9999)) for _ in range(r.randint(2, 9))]
    text = "".join(word + r.choice([" ", " ", " ", " ", ", ", ""]) for word in words).strip(" ,") or "word"
    return r.choice(["Repeat exactly.", "Copy the text.", "Write it again."]), text, text


def tree(r):
    """Facts in words, and the same as JSON with lists, null, true and objects in objects."""
    facts = {}
    for key in r.sample(PLAIN, r.randint(1, 4)):
        facts[key.lower()] = r.choice([None, True, False, r.randint(0, 999), round(r.uniform(0, 99), 2), r.choice(PLAIN), [], r.sample(PLAIN, 2), r.sample(range(20), 3),
                                       {"name": r.choice(PEOPLE), "age": r.randint(1, 90)}])

    def say(value):
        if isinstance(value, list):
            return " and ".join(map(str, value)) or "an empty list"
        if isinstance(value, dict):
            return f"{value['name']}, {value['age']} years old"
        return {None: "unknown", True: "true", False: "false"}[value] if value is None or isinstance(value, bool) else str(value)

    return r.choice(["Answer in JSON.", "JSON:"]), ", ".join(f"{key} is {say(value)}" for key, value in facts.items()) + ".", json.dumps(facts)


def named_label(r):
    """A choice of labels with the one that is meant."""
    labels = r.sample(PLAIN, r.randint(2, 5))
    meant = r.choice(labels)
    return "One label: " + ", ".join(labels) + ".", r.choice(["This is about {x}.", "It is {x}.", "We talked of {x} today.", "{x}, please."]).replace("{x}", meant), meant


REPLIES = {"positive": "That is good to hear!", "negative": "I am sorry to hear that.", "neutral": "I see. Thank you for telling me.", "complaint": "I am sorry about that.",
           "praise": "Thank you! You are very kind.", "request": "I am sorry, but I can only talk.", "order": "I am sorry, but I cannot sell anything.",
           "question": "I am sorry, I do not know that."}


def reply(r):
    """A statement without a question, and a plain reply in words: the default way to answer such a sentence."""
    if r.random() < 0.5:
        sentence, facts = record(r)
        who = facts.get("name") or facts.get("person") or facts.get("seller") or facts.get("to")
        return sentence, r.choice(["I see. Thank you for telling me.", "That is interesting. Please tell me more.", f"I see. I hope {who} is happy."])
    _, sentence, answer = label(r)
    return sentence, REPLIES.get(answer, r.choice(["That is interesting. Please tell me more.", "I see. Thank you for telling me."]))
