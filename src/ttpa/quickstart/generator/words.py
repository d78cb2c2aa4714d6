"""The words that values are made of."""
# ruff: noqa: SIM905 - as lists with a word a line they would fill a thousand lines

FIRST_NAMES = tuple(
    """Aaron Abena Adele Aisha Alma Amara Anders Anika Arjun Astrid Basil Beatriz Bruno Camille Carlos Chen Clara Dalia
    Darius Diego Dora Edda Elias Elif Emeka Erik Esther Farah Felix Fiona Freya Gustav Hana Hassan Helena Henrik Hugo
    Ibrahim Ines Ingrid Ivan Jasper Joana Jonas Julia Kaito Kamal Karin Kenji Lara Leila Leo Lina Lorenzo Lucia Magnus
    Malik Mara Marek Marta Mateo Mei Mina Mirko Nadia Naomi Nils Noor Olga Oscar Pablo Paula Petra Priya Quentin Rafael
    Rania Rosa Ruben Samir Sana Selma Simon Sofia Stefan Tamar Tariq Theo Tomas Ulla Valentin Vera Viktor Wanda Yara
    Yusuf Zita Zoe""".split()
)

LAST_NAMES = tuple(
    """Abbott Achebe Almeida Andersen Barros Becker Bianchi Blom Brandt Castillo Chandra Costa Dahl Diallo Duarte Eklund
    Esposito Farouk Fischer Fontaine Gallo Garcia Grant Haas Haddad Hansen Horvat Ibarra Iqbal Jansen Jensen Kamara
    Keller Khan Kimura Klein Kovac Kumar Laurent Lehmann Lindgren Lopez Maier Marino Mendes Meyer Moreau Mori Nakamura
    Navarro Nilsen Novak Okafor Olsen Ortega Osei Park Patel Pereira Petrov Quinn Ramos Reyes Ricci Rossi Russo Salim
    Santos Sato Schmidt Silva Singh Sousa Stein Suzuki Takeda Tanaka Toth Vargas Vidal Virtanen Vogel Wagner Weber Wolf
    Yilmaz Zeller Ziegler""".split()
)

CITIES = tuple(
    """Aarhus,Accra,Adelaide,Agadir,Amman,Amsterdam,Ankara,Antwerp,Athens,Auckland,Austin,Baku,Bangkok,Barcelona,Bari,
    Basel,Beirut,Belfast,Belgrade,Bergen,Berlin,Bern,Bilbao,Bogota,Bologna,Bordeaux,Boston,Bratislava,Bremen,Brisbane,
    Bristol,Bruges,Brussels,Bucharest,Budapest,Buenos Aires,Cairo,Calgary,Cape Town,Cardiff,Casablanca,Chennai,Chicago,
    Cologne,Copenhagen,Cordoba,Cork,Cusco,Dakar,Dallas,Delhi,Denver,Dresden,Dubai,Dublin,Durban,Edinburgh,Florence,
    Frankfurt,Gdansk,Geneva,Genoa,Ghent,Glasgow,Gothenburg,Granada,Graz,Grenoble,Hamburg,Hanoi,Havana,Helsinki,Hobart,
    Houston,Innsbruck,Istanbul,Izmir,Jakarta,Kampala,Kathmandu,Kigali,Kingston,Krakow,Kyoto,Lagos,Lausanne,Leeds,Leipzig,
    Lille,Lima,Linz,Lisbon,Liverpool,Ljubljana,London,Lucerne,Lyon,Madrid,Malaga,Malmo,Manchester,Manila,Marrakesh,
    Marseille,Medellin,Melbourne,Memphis,Milan,Minsk,Mombasa,Montreal,Mumbai,Munich,Nairobi,Nantes,Naples,New York,Nice,
    Nicosia,Odense,Oporto,Osaka,Oslo,Ottawa,Palermo,Panama City,Paris,Perth,Phoenix,Portland,Porto,Prague,Quebec,Quito,
    Rabat,Reykjavik,Riga,Rome,Rotterdam,Salzburg,San Diego,Santiago,Sapporo,Sarajevo,Seattle,Seoul,Seville,Shanghai,
    Singapore,Skopje,Sofia,Split,Stavanger,Stockholm,Strasbourg,Stuttgart,Sydney,Taipei,Tallinn,Tampere,Tbilisi,Thessaloniki,
    Tirana,Tokyo,Toronto,Toulouse,Trieste,Tromso,Tunis,Turin,Utrecht,Valencia,Vancouver,Venice,Verona,Vienna,Vilnius,
    Warsaw,Wellington,Windhoek,Wroclaw,York,Zagreb,Zaragoza,Zurich""".replace("\n", "")
    .replace("    ", "")
    .split(",")
)

STREETS = tuple(
    """Birch Bridge Canal Castle Cedar Chapel Church Copper Elm Forest Garden Harbour Hill Kings Lake Lime Market Meadow
    Mill Oak Orchard Park Pine Queens River Rose School Shore Spring Station Sunset Tower Valley Water Willow""".split()
)
STREET_KINDS = ("Street", "Road", "Lane", "Avenue", "Way")

MEETINGS = (
    "Lunch,Call,Review,Interview,Workshop,Rehearsal,Training,Check-up,Tasting,Briefing,Breakfast,Planning,Coffee,Walk,"
    "Lesson,Handover,Photo shoot,Demo,Dinner,Consultation"
).split(",")
"""What an event is; it is `with` somebody."""

PRODUCT_TRAITS = tuple(
    """wooden steel foldable wireless waterproof compact heavy leather cotton silent portable rechargeable round narrow
    padded sturdy magnetic cordless solar woollen ceramic bamboo glass reflective striped thermal""".split()
)
PRODUCTS = (
    "desk lamp,backpack,kettle,tent,helmet,keyboard,umbrella,teapot,bookshelf,drill,blanket,notebook,headset,mixer,"
    "raincoat,suitcase,bicycle pump,camping stove,water bottle,alarm clock,pillow,frying pan,hammock,tripod,jacket,"
    "coffee grinder,toolbox,mirror,speaker,garden chair,wallet,thermos,lunch box,rug,scooter"
).split(",")

TOPIC_TRAITS = tuple(
    """medieval modern ancient tropical urban Nordic African Asian maritime rural wild alpine industrial Roman Celtic
    practical forgotten early colonial coastal experimental everyday""".split()
)
TOPICS = (
    "gardens,bridges,ships,cooking,music,medicine,weaving,beekeeping,astronomy,castles,trade routes,theatre,railways,"
    "fishing,architecture,poetry,chess,volcanoes,birds,painting,dance,mountaineering,trees,philosophy,pottery,maps,"
    "typography,robots,glaciers,folk tales,winemaking,horses,lighthouses,markets"
).split(",")

FOODS = (
    "almonds,apples,apricots,asparagus,avocados,bananas,barley,basil,beans,beetroot,blueberries,bread,broccoli,cabbage,"
    "carrots,cashews,cauliflower,celery,cheddar,cherries,chickpeas,chocolate,cod,couscous,cucumber,dates,eggs,fennel,"
    "feta,figs,garlic,ginger,grapes,hazelnuts,honey,kale,leeks,lemons,lentils,mango,millet,mint,mozzarella,mushrooms,"
    "mussels,oats,olives,onions,oranges,parsley,parsnips,pasta,peaches,peanuts,pears,peas,peppers,pistachios,plums,"
    "potatoes,prawns,pumpkin,quinoa,radishes,raisins,rice,salmon,sardines,sesame,spinach,squash,tofu,tomatoes,trout,"
    "tuna,turnips,walnuts,yogurt,zucchini"
).split(",")

THINGS = (
    "the keys,the tickets,the parcel,the report,the cake,the contract,the photos,the tent,the invoice,the bike,"
    "the medicine,the map,the slides,the guitar,the visa,the paint,the flowers,the projector,the old sofa,the recipe"
).split(",")
THING_NEWS = (
    "{} will be ready on {}",
    "please bring {} on {}",
    "I can pick up {} on {}",
    "do not forget {} on {}",
    "I need {} back by {}",
    "I left {} at home on {}",
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
