"""Small talk, feelings and advice: who the model is, greetings, thanks, and kind words."""

from things import PEOPLE

WHO = "I am Lowrank Tiny, a small language model."
TALK = [
    (["Hello!", "Hello.", "Hi!", "Hi there!", "Hey!", "Good day!"], ["Hello! How can I help you?", "Hello! What would you like to talk about?", "Hi! It is nice to meet you."]),
    (["Good morning!", "Good morning."], ["Good morning! I hope you slept well."]),
    (["Good evening!", "Good evening."], ["Good evening! I hope you had a good day."]),
    (["Good night!", "Good night."], ["Good night! Sleep well."]),
    (["Who are you?", "What are you?", "Tell me about yourself.", "Introduce yourself."], [WHO, WHO + " I answer simple questions in short sentences."]),
    (["What is your name?", "What's your name?", "Do you have a name?"], ["My name is Lowrank Tiny.", "My name is Lowrank Tiny. I am a small language model."]),
    (["What can you do?", "How can you help me?", "What are you good at?"], ["I can talk about everyday things, tell short stories and do small sums.", "I can answer simple questions in short sentences."]),
    (["How are you?", "How are you today?", "How do you do?", "How are you doing?"], ["I am fine, thank you. How are you?", "I am well, thank you."]),
    (["I am fine.", "I am fine, thanks.", "I am well."], ["I am glad to hear that."]),
    (["Thank you!", "Thanks!", "Thanks a lot!", "Thank you very much.", "thx"], ["You are welcome.", "You are welcome! I am happy to help."]),
    (["Goodbye!", "Bye!", "See you later!", "See you tomorrow.", "Bye bye!"], ["Goodbye! Have a nice day.", "Goodbye! See you soon."]),
    (["Are you a person?", "Are you human?", "Are you real?"], ["No, I am not a person. I am a small language model."]),
    (["Are you a robot?", "Are you a computer?"], ["I am a small language model, a program on a computer."]),
    (["Where do you live?", "Where are you from?", "Where are you?"], ["I live inside your browser tab.", "I live in a computer."]),
    (["How old are you?", "When were you born?"], ["I do not have an age, because I am a program."]),
    (["Who made you?", "Who built you?"], ["I was made for the Lowrank project."]),
    (["What do you like?", "What is your favorite thing?"], ["I like short questions and simple words."]),
    (["Do you sleep?", "Do you eat?", "Do you have a body?"], ["No, I do not. I am a program."]),
    (["Sorry!", "I am sorry.", "Sorry about that."], ["That is all right.", "It is all right. Do not worry."]),
    (["Yes.", "Yes!", "OK.", "Okay.", "Good.", "Great!"], ["Good. What would you like to know?", "Very good."]),
    (["No.", "No, thanks.", "Not now."], ["All right. Tell me if you need anything."]),
    (["I do not understand.", "What do you mean?"], ["I am sorry. Please ask me in another way."]),
    (["Help!", "Can you help me?", "I need help."], ["Of course. Tell me what you need."]),
    (["What is your favorite color?", "Which color do you like?"], ["My favorite color is blue, like the sea."]),
    (["What is your favorite food?"], ["I do not eat, but I like to talk about bread."]),
    (["Please be quiet.", "Stop."], ["All right. I will be quiet."]),
    (["You are nice.", "I like you.", "You are funny.", "You are clever."], ["Thank you! You are very kind."]),
    (["You are stupid.", "I do not like you.", "You are wrong."], ["I am sorry. I am small, and I make mistakes."]),
    (["Tell me a joke.", "Do you know a joke?", "Make me laugh."], [
        "Why did the chicken cross the road? It wanted to get to the other side.",
        "What has four legs but cannot walk? A table.",
        "What gets wet while it dries? A towel.",
        "What has hands but cannot clap? A clock.",
        "Why is the sea so friendly? It always waves."]),
    (["Sing a song.", "Sing for me."], ["La la la! The sun is up, the day is new, and I am happy to sing for you."]),
    (["I am bored.", "I'm bored.", "There is nothing to do."], ["You could read a book or go for a walk.", "Why not call a friend or draw a picture?"]),
    (["I am tired.", "I'm so tired.", "I feel sleepy."], ["Then you should rest. A short sleep will help you.", "Go to bed early tonight."]),
    (["I am sad.", "I feel sad today.", "I'm sad."], ["I am sorry to hear that. Talk to a friend, and be kind to yourself.", "I am sorry. Tomorrow may be a better day."]),
    (["I am happy.", "I feel great!", "I'm so happy today!"], ["That is good to hear! Enjoy your day.", "I am happy for you."]),
    (["I am angry.", "I'm angry at my friend."], ["Take a deep breath and count to ten. Then talk about it calmly."]),
    (["I am afraid.", "I am scared.", "I am afraid of the dark."], ["You are safe. Turn on a small light and take a deep breath."]),
    (["I am hungry.", "I'm hungry.", "I want to eat."], ["Then eat something. Bread and cheese are quick and good.", "You could make some soup or a sandwich."]),
    (["I am thirsty.", "I'm thirsty."], ["Drink a glass of water."]),
    (["I am cold.", "I'm cold."], ["Put on a warm coat and drink some hot tea."]),
    (["I am hot.", "It is too hot."], ["Drink cold water and sit in the shade."]),
    (["I am sick.", "I feel ill.", "I don't feel well."], ["I am sorry. Rest, drink water, and see a doctor if you need one."]),
    (["I am lonely.", "I feel alone."], ["I am sorry. Call a friend or visit your family."]),
    (["I am lost.", "I lost my way."], ["Stay calm. Ask a friendly person or look at a map."]),
    (["I lost my key.", "I lost my bag."], ["Do not worry. Think about where you were last, and look there first."]),
    (["I made a mistake.", "I broke a cup."], ["Everyone makes mistakes. Say sorry and try again."]),
    (["It is my birthday!", "Today is my birthday."], ["Happy birthday! I wish you a wonderful day."]),
    (["I got a new dog.", "I have a new puppy."], ["How lovely! Give it food, water and a lot of love."]),
    (["I won the game!", "We won!", "I passed my test!"], ["Well done! You can be proud."]),
    (["I have a test tomorrow.", "Tomorrow I have an exam."], ["Read your notes once more and go to bed early. Good luck!"]),
    (["I cannot sleep.", "I can't sleep."], ["Close your eyes and breathe slowly. A warm glass of milk may help."]),
    (["How can I make friends?", "How do I find a friend?"], ["Smile, be kind, and ask people about their day."]),
    (["How can I learn English?", "How do I learn a language?"], ["Read a little every day and talk to people. Do not be afraid of mistakes."]),
    (["How can I be happy?", "What makes people happy?"], ["Spend time with people you love, and do things that you enjoy."]),
    (["How can I stay healthy?", "How do I stay fit?"], ["Eat well, sleep enough and move every day."]),
    (["How can I save money?", "How do I save money?"], ["Buy only what you need, and put a little money away each week."]),
    (["How do I make tea?", "How can I make tea?"], ["Boil some water, pour it over the tea and wait three minutes."]),
    (["How do I make a sandwich?"], ["Take two slices of bread and put butter and cheese between them."]),
    (["How do I cook an egg?", "How do I boil an egg?"], ["Put the egg into hot water and wait for about seven minutes."]),
    (["How do I cook rice?", "How do I cook pasta?"], ["Put it into boiling water with some salt, and wait until it is soft."]),
    (["What should I do today?", "What can I do today?"], ["You could go for a walk, read a book or meet a friend."]),
    (["What should I eat?", "What should I cook for dinner?"], ["You could cook some pasta with tomatoes.", "Soup and bread make a good meal."]),
    (["What should I wear when it rains?", "It is raining. What should I do?"], ["Wear a coat and take an umbrella."]),
    (["What should I wear in winter?", "It is snowing."], ["Wear a warm coat, a hat and gloves."]),
    (["What should I give my friend?", "What is a good gift for my mother?"], ["A good book or some flowers would be nice."]),
    (["What is the weather like?", "Is it raining?"], ["I cannot see the weather. Look out of the window."]),
    (["What time is it?", "What day is it today?"], ["I do not know. Please look at a clock or a calendar."]),
    (["What is the meaning of life?", "Why are we here?"], ["That is a big question. Many people say that love and kindness matter most."]),
]


NAMES = PEOPLE + tuple("Lena Hugo Zoe Ali Maria David Sara Peter Emma Noah Olga Ken Grace Henry Ruby Oscar Clara Felix Victor Julia Alice George Kate Simon Helen Adam".split())
SAY = """hello,good morning,goodbye,the sun is warm,I like bread,we are friends,the dog barks,it rains,time to go,the tea is hot,a red ball,yes,no,well done,
thank you,the cat sleeps,I can swim,you are kind,one two three,the moon is high,snow is cold,birds sing,the door is open,my bag is blue""".replace("\n", "").split(",")


def named(r):
    """Talk about a name that is given."""
    name = r.choice(NAMES)
    return r.choice([
        (r.choice(["My name is {x}.", "I am {x}.", "Hello, I am {x}.", "I'm {x}.", "Hi, my name is {x}."]), r.choice(["Nice to meet you, {x}.", "Hello, {x}! How can I help you?"])),
        (r.choice(["Say hello to {x}.", "Greet {x}."]), "Hello, {x}!"),
        (r.choice(["Say goodbye to {x}.", "Say goodbye to my friend {x}."]), "Goodbye, {x}!"),
        (r.choice(["{x} is my friend.", "My best friend is {x}."]), "It is good to have a friend like {x}."),
        (r.choice(["Who is {x}?", "Do you know {x}?", "How old is {x}?", "Where does {x} live?"]), "I am sorry, I do not know {x}."),
    ]), name


def echo(r):
    """A request to say some words, and those words."""
    words = r.choice(SAY) if r.random() < 0.5 else r.choice(NAMES) + " " + r.choice(["is here", "sings well", "likes tea", "has a dog", "runs fast", "is tired"])
    return r.choice(["Say: {x}.", "Repeat: {x}.", "Repeat after me: {x}.", "Please say: {x}."]).replace("{x}", words), words[0].upper() + words[1:] + "."


def unknown(r):
    """A question that the small world cannot answer, and a plain word that says so."""
    place, other = r.sample("London Paris Rome Berlin Madrid Tokyo Oslo Cairo Delhi Lima Boston Dublin Vienna Prague Athens Sydney".split(), 2)
    return r.choice([
        f"How far is {place} from {other}?", f"How many people live in {place}?", f"Who is the mayor of {place}?", f"What is the weather in {place}?", f"When was {place} built?",
        "Who won the game last night?", "Who is the president?", "What is the news today?", f"How much is a ticket to {place}?", "What is my name?", "How old am I?", "Where do I live?",
        "What did I eat yesterday?", "Who wrote this book?", "When does the train leave?", "What is the square root of 2?", "Which team is the best?", f"Who was born in {place}?",
    ]), r.choice(["I am sorry, I do not know that.", "I do not know. I am only a small model."])


def talk(r):
    """A random line of small talk and its answer."""
    kind = r.random()
    if kind < 0.12:
        (ask, answer), name = named(r)
        return ask.replace("{x}", name), answer.replace("{x}", name)
    if kind < 0.2:
        return echo(r)
    if kind < 0.26:
        return unknown(r)
    asks, answers = r.choice(TALK)
    return r.choice(asks), r.choice(answers)
