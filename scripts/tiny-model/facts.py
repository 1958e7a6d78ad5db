"""Things that can be worked out: sums, counting, opposites, days, months, sizes, colors and yes/no questions."""

ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = "January February March April May June July August September October November December".split()
OPPOSITES = """big small,hot cold,tall short,long short,fast slow,old young,old new,good bad,happy sad,light dark,day night,up down,left right,
in out,open closed,full empty,hard soft,heavy light,loud quiet,wet dry,early late,first last,rich poor,strong weak,thick thin,wide narrow,
clean dirty,near far,high low,deep shallow,sweet bitter,easy difficult,true false,right wrong,brave afraid,begin end,buy sell,give take,
push pull,win lose,laugh cry,love hate,remember forget,find lose,come go,always never,before after,inside outside,yes no,black white,
north south,east west,summer winter,morning evening,hello goodbye,friend enemy,question answer,war peace,safe dangerous,awake asleep""".replace("\n", "")
SIZES = """an ant,a bee,a mouse,a frog,a rabbit,a cat,a dog,a sheep,a lion,a horse,a bear,an elephant,a whale,a house,a castle,a hill,a mountain,
the moon,the Earth,the sun""".replace("\n", "").split(",")
COLORS = """grass:green,the sky:blue,snow:white,a lemon:yellow,a banana:yellow,a tomato:red,blood:red,coal:black,milk:white,a carrot:orange,
an elephant:gray,a frog:green,the sea:blue,chocolate:brown,the sun:yellow,a strawberry:red,a cloud:white,a crow:black,a swan:white,a leaf:green,
gold:yellow,wood:brown,a fox:red,a pig:pink,night:black,sugar:white,salt:white,coffee:brown,a cucumber:green,an orange:orange,ink:blue""".replace("\n", "")
SOUNDS = """a dog:barks,a cat:meows,a cow:moos,a sheep:bleats,a horse:neighs,a lion:roars,a wolf:howls,a duck:quacks,a bee:buzzes,a snake:hisses,
a bird:sings,an owl:hoots,a pig:grunts,a frog:croaks,a mouse:squeaks,a bell:rings,a clock:ticks,a donkey:brays,a crow:caws,a kitten:meows""".replace("\n", "")
KINDS = """animals:a dog,a cat,a horse,a cow,a lion;birds:an owl,an eagle,a duck,a crow,a swan;fruits:an apple,a pear,a banana,a lemon,a strawberry;
vegetables:a carrot,a potato,an onion,a tomato;colors:red,blue,green,yellow,white;drinks:water,milk,tea,coffee,juice;
tools:a hammer,a saw,a knife,a needle;seasons:spring,summer,autumn,winter;clothes:a shirt,a coat,a hat,a scarf,a dress;
furniture:a table,a chair,a bed,a shelf;jobs:a teacher,a doctor,a cook,a farmer,a pilot;planets:Mars,Venus,Jupiter,Saturn;
sports:football,tennis,swimming,running;metals:gold,silver,iron,copper;insects:a bee,an ant,a butterfly,a fly;
instruments:a piano,a guitar,a drum,a violin,a flute;vehicles:a car,a bus,a train,a bicycle,a truck""".replace("\n", "")
SINGLE = {"animals": "an animal", "birds": "a bird", "fruits": "a fruit", "vegetables": "a vegetable", "colors": "a color", "drinks": "a drink",
          "tools": "a tool", "seasons": "a season", "jobs": "a job", "planets": "a planet", "sports": "a sport", "metals": "a metal",
          "insects": "an insect", "instruments": "an instrument", "vehicles": "a vehicle"}
CAPITALS = """France:Paris,Italy:Rome,Spain:Madrid,Germany:Berlin,Japan:Tokyo,Egypt:Cairo,England:London,Norway:Oslo,Greece:Athens,Austria:Vienna,
Ireland:Dublin,Portugal:Lisbon,Poland:Warsaw,China:Beijing,Peru:Lima,Kenya:Nairobi,Russia:Moscow,Canada:Ottawa,Sweden:Stockholm,Cuba:Havana""".replace("\n", "")
KIND_OF = {item: kind for group in KINDS.split(";") for kind, items in [group.split(":")] for item in items.split(",")}


def pairs(text):
    return [tuple(p.split(":")) for p in text.split(",")]


def listing(items):
    return ", ".join(items[:-1]) + " and " + items[-1]


def first(text):
    """The text with a capital first letter."""
    return text[0].upper() + text[1:]


def sums(r):
    a, b = r.randint(0, 10), r.randint(0, 10)
    kind = r.choice("+++-*")
    if kind == "*":
        a, b = r.randint(0, 5), r.randint(0, 10)
    if kind == "-" and b > a:
        a, b = b, a
    value = {"+": a + b, "-": a - b, "*": a * b}[kind]
    word = {"+": "plus", "-": "minus", "*": "times"}[kind]
    if r.random() < 0.15 and value <= 20:
        return f"What is {ONES[a]} {word} {ONES[b]}?", f"{ONES[a]} {word} {ONES[b]} is {ONES[value]}.".capitalize()
    ask = r.choice([f"What is {a} {word} {b}?", f"What is {a} {word} {b}?", f"How much is {a} {word} {b}?", f"{a} {kind} {b}", f"What is {a} {kind} {b}?", f"Add {a} and {b}."])
    if ask.startswith("Add"):
        word, value = "plus", a + b
    return ask, f"{a} {word} {b} is {value}."


def counting(r):
    n = r.randint(3, 12)
    kind = r.randrange(4)
    if kind == 0:
        return r.choice([f"Count to {n}.", f"Count from 1 to {n}.", f"Please count to {ONES[n]}."]), ", ".join(map(str, range(1, n + 1))) + "."
    if kind == 1:
        return r.choice([f"What comes after {n}?", f"Which number comes after {n}?"]), f"{n + 1} comes after {n}."
    if kind == 2:
        m = r.randint(0, 20)
        if m == n:
            m += 1
        return f"Which is bigger, {n} or {m}?", f"{max(n, m)} is bigger than {min(n, m)}."
    name, legs = r.choice([("dog", "four"), ("bird", "two"), ("spider", "eight"), ("ant", "six"), ("person", "two"), ("cat", "four"), ("horse", "four"), ("bee", "six"), ("chicken", "two"), ("table", "four")])
    article = "an" if name[0] in "aeiou" else "a"
    return r.choice([f"How many legs does {article} {name} have?", f"How many legs has {article} {name}?"]), f"{article.capitalize()} {name} has {legs} legs."


def opposite(r):
    pair = r.choice(OPPOSITES.split(",")).split()
    a, b = pair if r.random() < 0.6 or pair[1] in ("short", "light", "lose") or pair[0] in ("light", "right", "old") else pair[::-1]
    return r.choice([f"What is the opposite of {a}?", f"What is the opposite of {a}?", f"Give me the opposite of {a}.", f"Opposite of {a}?"]), f"The opposite of {a} is {b}."


def calendar(r):
    names, word, n = r.choice([(DAYS, "day", "seven"), (MONTHS, "month", "twelve")])
    i = r.randrange(len(names))
    after, before = names[(i + 1) % len(names)], names[i - 1]
    kind = r.randrange(6)
    if kind < 2:
        return r.choice([f"What comes after {names[i]}?", f"Which {word} comes after {names[i]}?", f"What {word} is after {names[i]}?"]), f"{after} comes after {names[i]}."
    if kind < 4:
        return r.choice([f"What comes before {names[i]}?", f"Which {word} comes before {names[i]}?"]), f"{before} comes before {names[i]}."
    if kind == 4:
        whole = "week" if word == "day" else "year"
        return r.choice([f"How many {word}s are in a {whole}?", f"How many {word}s does a {whole} have?"]), f"A {whole} has {n} {word}s."
    return r.choice(["Name the days of the week.", "What are the days of the week?"]) if word == "day" else r.choice(
        ["Name the months of the year.", "What are the months?"]), listing(names) + "."


def size(r):
    i, j = sorted(r.sample(range(len(SIZES)), 2))
    small, big = SIZES[i], SIZES[j]
    kind = r.randrange(4)
    if kind == 0:
        return f"Is {big} bigger than {small}?", f"Yes, {big} is bigger than {small}."
    if kind == 1:
        return f"Is {small} bigger than {big}?", f"No, {small} is smaller than {big}."
    if kind == 2:
        a, b = r.sample([small, big], 2)
        return r.choice([f"Which is bigger, {a} or {b}?", f"What is bigger, {a} or {b}?"]), f"{first(big)} is bigger than {small}."
    a, b = r.sample([small, big], 2)
    return f"Which is smaller, {a} or {b}?", f"{first(small)} is smaller than {big}."


def color(r):
    name, value = r.choice(pairs(COLORS))
    kind = r.randrange(4)
    cap = first(name)
    if kind < 2:
        return r.choice([f"What color is {name}?", f"Which color is {name}?", f"What is the color of {name}?", f"What colour is {name}?"]), f"{cap} is {value}."
    if kind == 2:
        return f"Is {name} {value}?", f"Yes, {name} is {value}."
    other = r.choice([v for _, v in pairs(COLORS) if v != value])
    return f"Is {name} {other}?", f"No, {name} is not {other}. It is {value}."


def sound(r):
    name, value = r.choice(pairs(SOUNDS))
    return r.choice([f"What sound does {name} make?", f"Which sound does {name} make?", f"What does {name} say?"]), f"{first(name)} {value}."


def kind(r):
    group = r.choice(KINDS.split(";"))
    name, items = group.split(":")
    items = items.split(",")
    which = r.randrange(4)
    if which == 0:
        n = r.choice([2, 3, 3])
        return r.choice([f"Name {ONES[n]} {name}.", f"Give me {ONES[n]} {name}.", f"Tell me {ONES[n]} {name}."]), first(listing(r.sample(items, min(n, len(items))))) + "."
    if which == 1:
        return r.choice([f"Name some {name}.", f"Can you name some {name}?"]), "Some " + name + " are " + listing(r.sample(items, 3)) + "."
    item = r.choice(items)
    if name not in SINGLE:
        return f"Is {item} made for people?", f"Yes, {item} is made for people."
    if which == 2:
        return f"Is {item} {SINGLE[name]}?", f"Yes, {item} is {SINGLE[name]}."
    other = r.choice([k for k in SINGLE if k != name and not (name == "insects" and k == "animals") and not (name == "birds" and k == "animals") and not (name == "fruits" and k == "colors")])
    return f"Is {item} {SINGLE[other]}?", f"No, {item} is not {SINGLE[other]}. It is {SINGLE[name]}."


def capital(r):
    country, city = r.choice(pairs(CAPITALS))
    if r.random() < 0.6:
        return r.choice([f"What is the capital of {country}?", f"Name the capital of {country}.", f"Which city is the capital of {country}?"]), f"The capital of {country} is {city}."
    return r.choice([f"Where is {city}?", f"In which country is {city}?"]), f"{city} is in {country}."


MAKERS = [(sums, 6), (counting, 2), (opposite, 3), (calendar, 2), (size, 3), (color, 3), (sound, 1), (kind, 3), (capital, 1)]


def fact(r):
    """A random question of this file and its answer."""
    return r.choices([m for m, _ in MAKERS], [n for _, n in MAKERS])[0](r)
