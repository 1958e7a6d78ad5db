"""Very short stories, letters and rhymes about the things of the world."""
from things import GIRLS, PEOPLE, cap

PLACES = ["park", "garden", "village", "city", "forest", "market", "school", "kitchen", "house by the sea", "small town"]
ENDS = ["{She} was very happy.", "{She} smiled and went home.", "{She} never forgot that day.", "That night, {she} slept well.",
        "{She} told everyone about it.", "It was a good day."]
OPENINGS = ["Once there was a {who} called {name}.", "{name} lived in a {place}.", "One day, {name} walked through the {place}.",
            "One morning, {name} woke up early."]
COUPLETS = {
    "animals": ["{N}, {n}, so quick and free, come and sit down next to me.", "I saw {n} one sunny day, it looked at me and ran away.",
                "{N} is here, hello, hello, we play until it has to go."],
    "nature": ["{N}, {n}, so old and true, I love to spend my time with you.", "I think of {n} when I am down, it brings a smile and not a frown.",
               "{N} is near and {n} is far, I watch it like a little star."],
    "food": ["{N}, {n}, so good to eat, a little snack, a lovely treat.", "I like {n}, and so do you, let us share it, me and you."],
    "other": ["{N}, {n}, I like you so, you are with me where I go.", "I think of {n} all day long, and so I sing this little song.",
              "{N} is good and {n} is fine, I am glad that it is mine."],
}


def story(t, r):
    """A story of three or four sentences."""
    name = r.choice(PEOPLE)
    girl = name in GIRLS
    words = {"name": name, "who": "girl" if girl else "boy", "place": r.choice(PLACES)}
    she = "she" if girl else "he"
    if t.table == "animals":
        middle = r.choice([f"{cap(she)} saw {t.name} and stopped. It was beautiful, and it did not run away.",
                           f"{cap(she)} found {t.name} that was hungry. {cap(she)} gave it some food and they became friends.",
                           f"{cap(she)} wanted to see {t.name}. At last, {she} saw one near a tree."])
    elif t.table == "people":
        middle = r.choice([f"{cap(she)} met {t.name} and asked for help. Together they solved the problem.",
                           f"{cap(she)} wanted to be like {t.name}. So {she} worked hard and learned a lot."])
    elif t.table in ("nature", "ideas"):
        middle = r.choice([f"{cap(she)} thought about {t.name} for a long time. {t.fact}",
                           f"{cap(she)} asked {'her' if girl else 'his'} grandmother about {t.name}. \"{t.fact.rstrip('.')},\" she said."])
    elif t.table == "places":
        middle = r.choice([f"{cap(she)} went to {t.name} with a friend. They looked at everything and laughed a lot.",
                           f"{cap(she)} had never seen {t.name} before. {cap(she)} walked around with big eyes."])
    else:
        middle = r.choice([f"{cap(she)} wanted {t.name} very much. A kind friend helped, and soon {she} had what {she} wanted.",
                           f"{cap(she)} found {t.name} and gave {'them' if t.plural else 'it'} to a friend. The friend said thank you.",
                           f"{cap(she)} lost {t.name}. After a long search, {she} found {'them' if t.plural else 'it'} under the bed."])
    end = r.choice(ENDS).replace("{She}", cap(she)).replace("{she}", she)
    opening = r.choice(OPENINGS).format(**words)
    ask = r.choice(["Tell a very short story about {n}.", "Tell me a short story about {n}.", "Tell me a story about {n}.", "Write a short story about {n}."])
    return ask.replace("{n}", t.name), f"{opening} {middle} {end}"


def letter(t, r):
    """A letter of a few lines on one line of text."""
    a, b = r.sample(PEOPLE, 2)
    hello = r.choice(["How are you?", "I hope you are well."])
    text = r.choice([f"Today I thought about {t.name}.", f"I want to tell you about {t.name}."])
    ask = r.choice(["Write a short letter to a friend about {n}.", "Write a letter about {n}."])
    return ask.replace("{n}", t.name), f"Dear {a}, {hello} {text} {t.fact} I hope to see you soon. Your friend, {b}"


def poem(t, r):
    """Two lines that rhyme."""
    lines = COUPLETS.get(t.table, COUPLETS["other"])
    name = t.name
    ask = r.choice(["Write a short poem about {n}.", "Write a poem about {n}.", "Tell me a rhyme about {n}."])
    return ask.replace("{n}", t.name), r.choice(lines).replace("{N}", cap(name)).replace("{n}", name)


def tale(t, r):
    """A story, a letter or a poem."""
    if t.plural:
        return story(t, r)
    return r.choices([story, letter, poem], [6, 2, 2])[0](t, r)
