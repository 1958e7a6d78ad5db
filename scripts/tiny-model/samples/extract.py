"""Sentences about who did what, and the facts in them as JSON. Each row has its own mix of name, thing and place."""
import json

NAMES = """Anna Tom Lucy Ben Mia Sam Eva Leo Nina Max Ella Jack Rosa Paul Ivy Omar Lena Hugo Zoe Ali Maria David Sara Peter Emma Noah Olga Ken
Amir Grace Henry Ruby Oscar Clara Felix Dora Victor Julia Martin Alice George Kate Simon Helen Adam""".split()
ITEMS = """apples pears books pens cups chairs shirts hats tickets eggs lemons flowers stamps plates bags candles shoes bottles maps keys lamps
coats spoons blankets oranges carrots towels rings bells pillows baskets tents clocks mirrors""".split()
CITIES = """London Paris Rome Berlin Madrid Tokyo Oslo Cairo Delhi Lima Boston Dublin Vienna Prague Athens Sydney Toronto Lisbon Warsaw Moscow
Chicago Geneva Kyoto Nairobi""".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
WORDS = "two three four five six seven eight nine ten eleven twelve".split()
SENTENCES = [
    "{name} bought {word} {item} in {city} on {day}.", "On {day}, {name} bought {number} {item} in {city}.", "In {city}, {name} found {word} {item} on {day}.",
    "{name} sold {number} {item} on {day} in {city}.", "Last {day}, {name} lost {word} {item} in {city}.", "It was {day} when {name} ordered {number} {item} from {city}.",
    "{name} sent {word} {item} to {city} on {day}.", "Next {day}, {name} will pick up {number} {item} in {city}.", "A shop in {city} sold {word} {item} to {name} on {day}.",
    "{word} {item} came from {city} for {name} on {day}.", "The {number} {item} that {name} bought in {city} arrived on {day}.",
    "{name} flew to {city} on {day} with {word} {item}.", "Every {day}, {name} sells {number} {item} in {city}.", "On {day} a friend in {city} gave {name} {word} {item}.",
    "{name} needs {number} {item} in {city} by {day}.", "Please bring {word} {item} to {name} in {city} on {day}.", "{name} packed {number} {item} on {day} and went to {city}.",
    "From {city}, {name} brought home {word} {item} on {day}.", "By {day}, {name} wants {number} {item} sent to {city}.", "Somebody in {city} stole {word} {item} from {name} on {day}.",
    "{name} left {number} {item} in a hotel in {city} on {day}.", "On {day} in {city}, {name} paid for {word} {item}.", "{name} made {number} {item} for a market in {city} on {day}.",
    "We met {name} in {city} on {day}, carrying {word} {item}.", "On {day}, {number} {item} were sent to {name} in {city}.", "{name} drove from {city} with {word} {item} on {day}.",
]


def rows(r, count=240):
    """Rows of the prompt/completion format."""
    result, seen = [], set()
    while len(result) < count:
        sentence = SENTENCES[len(result) % len(SENTENCES)]
        n = r.randint(2, 12)
        name, item, city, day = r.choice(NAMES), r.choice(ITEMS), r.choice(CITIES), r.choice(DAYS)
        if {(name, item), (name, city), (item, city)} & seen:  # no two rows share two of the three
            continue
        seen |= {(name, item), (name, city), (item, city)}
        text = sentence.format(name=name, item=item, city=city, day=day, number=n, word=WORDS[n - 2])
        facts = {"name": name, "item": item, "count": n, "city": city, "day": day}
        result.append({"prompt": text[0].upper() + text[1:], "completion": json.dumps(facts)})
    return result
