/**
 * What people say that no command does: talk, opinions, general questions, wishes of every kind, and what is done to other things with
 * the verbs of the trade. The router learns them
 * as "none of these". A sentence that looks like one of the candidates is left out, so nothing here can take a command's words away.
 */
export const BACKGROUND: readonly string[] = `
who painted the ceiling of that famous chapel
how deep is the deepest lake in the world
why do cats purr when you stroke them
what did the ancient romans eat for supper
do you believe that fish can feel pain
which planet has the most moons
how many bones are there in a human hand
who won the final last year
what is the plot of that old detective story
is it true that honey never goes bad
why is the sea salty but rivers are not
tell me about the history of the printing press
how do birds know which way is south
what makes bread rise in the oven
who invented the telescope
can penguins fly under water
what is the opposite of courage
how tall is the tallest tree
when did the last ice age end
what colour do you get from blue and yellow
why do leaves turn red in autumn
where do elephants go to sleep
how does a sailing boat move against the wind
who wrote the national anthem
what is the capital of mongolia
how far away is the nearest star
which animals live the longest
explain gravity to a child of five
is glass a liquid or a solid
what language did people speak in ancient persia
do you think there is life on other planets
what is the meaning of this proverb
why did the empire fall
how is silk made from worms
what is the difference between a frog and a toad
who was the first person to climb that mountain
how do i get over a broken heart
should i tell my sister the truth
my neighbour plays the trumpet every evening
i had a strange dream about a purple horse
the soup was too salty but the bread was fine
we walked along the river until it got dark
she never liked the way he laughed
my grandmother knits socks for everybody
the children are building a castle of sand
he forgot his umbrella on the bus again
it smells like rain and old leaves in here
i think the blue curtains look better
nobody told me that the party was cancelled
they moved to the countryside three years ago
the dog barked at its own shadow
my feet hurt after all that dancing
the old man fed the pigeons in the square
i cannot decide between tea and coffee
you look tired did you sleep badly
that was the best cake i ever tasted
the train was full of singing football fans
i miss the smell of freshly cut grass
our teacher lost his patience and left
there is a spider above the door
the moon is very bright this evening
my brother broke his arm while skiing
i would rather be on a beach right now
the museum was closed so we sat in the park
she painted the kitchen bright green
i never understood modern art
it is a pity that summer is so short
my cat ignores everyone except the postman
the roses need more water than the tulips
he speaks five languages and none of them well
i lost my favourite scarf in the snow
some people have all the luck
the film made everyone in the room cry
i wonder what happened to old mister brown
we should have turned left at the church
the baby finally fell asleep
i do not like mushrooms on anything
what a lovely garden you have
my uncle tells the same story every christmas
the stairs creak when you step on them
are you a real person or a machine
do you ever get bored
what is your favourite season
how are you feeling today
who made you
you are not very clever are you
that makes no sense at all
i am so happy i could sing
this is the worst day of my life
never mind it does not matter
good evening everybody
have a nice weekend
nice to meet you
that is very kind of you
i did not mean it like that
let me think about it for a moment
i have no idea what you are talking about
enjoy your evening everyone
get well soon
how was your holiday
bless you
where do you live
what can you tell me about yourself that nobody knows
do you get paid for this
good morning sunshine
thanks that will be all
take care of yourself
do you remember me
what did you have for breakfast
testing testing one two three is this microphone on
drive safely
i need a holiday
please forgive me
let me sleep for five more minutes
say something clever
sing me a song about the sea
write a poem about a lonely lighthouse
tell me a story with a dragon and a princess
draw a horse with wings
make up a riddle
guess what i am thinking
give me advice about love
convince me that the earth is round
pretend that you are a pirate
how would you describe the colour red to a blind man
suggest a name for my new puppy
recommend a good novel for a long train ride
what should i wear to a wedding
how do i tie a bow tie
what can i cook with leeks and potatoes
how do i sharpen a kitchen knife
is it safe to eat raw mushrooms
how often should i water a cactus
what is a good present for a boy of six
how do i teach a parrot to talk
why does my knee click when i climb stairs
how do i stop hiccups
what helps against a sore throat
is it bad to sleep with wet hair
how do i fold a paper crane
which wood is best for a bookshelf
how do i paint a ceiling without dripping
how do you play chess
what are the rules of cricket
who is the fastest runner of all time
how many players are in a rugby team
did our team win on saturday
which country won the most medals
teach me how to juggle
how do i learn to whistle
which instrument is the hardest to play
who sang that song about the yellow submarine
what was the first opera
are there any concerts in the park this weekend
which actor played the villain
when is the next full moon
will it be windy on the coast tomorrow
what is the weather like
make the bedroom a little warmer
vacuum the hallway
feed the goldfish while i am away
water the plants on the balcony
wake me at seven
order two pizzas with extra cheese
get me a taxi to the theatre
find me a hairdresser who is open on sunday
book a table for four by the window
buy tickets for the puppet show
call my mother and wish her a happy birthday
read me the headlines
how much is a kilo of apples
what is twelve times nineteen
how many cups are in a gallon
what is 15 percent of 80
add 3 and 7 and double it
what is two to the power of ten
round 3.14159 to two digits
is 97 a prime number
what is half of three quarters
what is 9 times 9
what is 20 percent of 350
add up 12 15 and 19
what is the average of 4 8 and 12
how many minutes are in a week
what is 0.1 plus 0.2
is 51 divisible by 3
what is 255 in binary
what percentage of 60 is 15
how many days until christmas
translate good night into japanese
how do you spell rhythm
what rhymes with orange
what is the time in sydney
how old is the queen
how many people live in brazil
what is the longest river in africa
which is the smallest country in europe
what do koalas eat
how long do turtles live
are bats blind
can dogs see colours
what is the largest shark
why are flamingos pink
how do bees make honey
what is a group of crows called
how do volcanoes erupt
what causes thunder
how hot is the surface of the sun
why is the sky blue
what is inside a black hole
who discovered penicillin
what did people do before electricity
when were the pyramids built
who was the last emperor of china
what happened in the year eighteen forty eight
where does the person who wrote python live
is grace hopper still alive
who left the light on in the basement
tell me about the life of alan turing
who runs the bakery on the corner
what does anna do for a living
what is the name of the cleaner
why did the dinosaurs die out
what is existentialism
is there such a thing as free will
what makes people happy
are we alone in the universe
what is the best religion
is it wrong to lie to protect someone
should children have to wear school uniforms
what is your opinion on the election
who should i vote for
is the economy getting better
should i buy a house or rent one
will gold be worth more next year
which shares will go up
what are the lottery numbers
i was born in march what sign am i
do you believe in ghosts
what does it mean to dream of falling
how do i become an astronaut
is it too late to learn ballet
how do i make friends in a strange city
knock knock
the remote control needs new batteries
is elvis still alive
who is at the door
what is missing in this soup
give me a list of baby names
go to sleep
my flatmate never washes the dishes what should i do
how do i apologise to my best friend
what should i say at a funeral
i am afraid of spiders
i feel lonely
i am hungry
it is too noisy here
the window is dirty
this chair is uncomfortable
your hair looks wonderful
the milk has gone sour
we are out of sugar
the bus is late as usual
someone ate my sandwich
the elevator smells funny
my shoes are wet
it is nobody's fault
i told you so
whatever you say
let us go for a walk
come and sit beside me
do not be so sad
close your eyes and count to ten
hold my hand
throw me the ball
wash your hands before dinner
put the kettle on
pass me the butter
peel the onions and chop them finely
knead the dough for ten minutes
plant the bulbs before the first frost
sweep the leaves off the path
hang the washing out to dry
iron my white blouse
polish the silver spoons
sew a button on this coat
sail around the world in eighty days
climb to the top and wave
jump over the fence
catch that butterfly
restart my phone
restart the washing machine
reboot the tv in the living room
turn the router at my parents' house off and on
scan this document and email it to me
scan the photos from our holiday
check the oil in the car
check the mailbox for letters
check whether the shop around the corner is open
is the train on time
is my parcel there yet
is the swimming pool open today
is the bakery closed on sundays
are the kids asleep
are there any seats left for the concert
list my shopping for tomorrow
list the films of that director
list the presidents of france
show me pictures of cute dogs
show me the way to the station
show my bank balance
show the menu of the restaurant
open the window
open the garage door
open a savings account for me
close the curtains
close the fridge
close my gym membership
create a playlist for the party
create a birthday card for my aunt
make a new appointment with the dentist
make a reservation for four
add milk to the list
add anna to my contacts
add a chapter to my novel
remove the stain from the sofa
remove the cat from the roof
delete my social media account
delete the photos on my phone
update the phone of my grandmother
change the light bulb
change my flight to friday
book me a seat on the night train
book a flight to rome for two
get me a flight home
book a room with a view of the sea
book the cheapest flight there is
change the baby
fix my bicycle
repair the roof before winter
mend the hole in my sock
restore the old painting
restore my faith in people
roll back the carpet
roll out the pastry
release the hostages
release the brake
release the dove
deploy the parachute
deploy troops to the border
ship the parcel to my sister
cut the cake into eight pieces
cut my hair
cut a hole in the fence
publish my poem in a magazine
publish a book about birds
rehearse the play with the children
rehearse my speech for the wedding
plan a trip to the mountains
plan my week
plan a surprise party
export goods to norway
export coffee from brazil
import tax on furniture
branch of the bank nearest to me
branches of the oak tree in the garden
port wine or sherry
tag me in the picture
note down the phone number of the plumber
log of the captain of the ship
log cabin for two in the woods
record my favourite show tonight
record a song with my band
watch a film with me
watch the children while i am out
watch the game on saturday
run a bath
run five miles
run to the shop and get bread
start the car
start the dishwasher
start a band
stop the music
stop snoring
resume the film where i stopped
pause the song
finish the soup
cancel my dentist appointment
cancel the newspaper
close the deal on the house
resolve the argument between my sons
report the theft of my bike
write a report on the french revolution
write a report about frogs for school
what is the status of my visa
what is the status of my order
status of the flight to rome
health insurance for a family
health benefits of green tea
is running healthy
how healthy is olive oil
what is a healthy weight for a dog
history of the roman empire
history of jazz
trend in fashion this summer
latest news about the election
latest score of the match
compare the prices of two holidays
difference between tea and coffee
diagnose my rash
investigate the murder
analyse the chess game
scale the fish
scale a recipe up to six people
watch the kids until i am back from the gym
watch the sunset from the terrace
check the temperature of the roast
restart the lawnmower
restart the race after the crash
log the trees in the valley
the container was lifted off the ship
unlock the shed
unlock the handcuffs
lock the cat flap at night
hide the key under the mat
decrypt the hieroglyphs on the wall
destroy the old love letters
generate heat from compost
show me the way to the harbour
find the cause of my headache
find out why my cat limps
find out why the neighbours shout
investigate the burglary in the museum
analyse the blood sample
suppress the urge to sneeze
suppress my appetite
rehearse the second act with the choir
run a temperature
trust me i am a doctor
trust fund for the grandchildren
unlock the bathroom from outside
lock the shop when you leave
lock up the chickens
stop the car
watch your step
watch birds in the marsh
watch your mouth
fix your tie
take it off the stove
tear down the wall
tear down the posters
destroy the evidence before the police come
destroy the wasp nest
clean up your room
branch off at the oak
generate applause
set the table
test drive the convertible
explain the joke
explain what happened at the party
deploy the life raft
double the recipe
seal the envelope
which service has the best pizza delivery
customer service of my phone company
room service please
register me for the yoga class
detect lies
find my keys
find a cheap hotel
find out who stole my lunch
suppress a cough
baseline of the tennis court
verify my age
verify my credit card
dashboard of my car shows a red light
disk in my back hurts
my server at the restaurant was rude
the host of the show is funny
the issue of the magazine from may
project manager jobs in berlin
project a film on the wall
school project about volcanoes
version of the song with the violins
the incident at the party was embarrassing
backup singer for my band
container for the leftovers
the container ship in the canal
memory games for children
i lost my memory card
protect the environment from plastic
baseline of my heart rate
dependency on coffee
issue 12 of the comic
ticket for the opera
bugs in the kitchen at night
template for a wedding invitation
template for cutting out stars
another version of the truth
branch manager of the savings bank
branches for the flower arrangement
rollback of prices at the supermarket
rollback of civil rights
firewall between the two apartments
gateway to the alps
the team lost and everybody is down
the lift is out of service
notes of the melody
scale in c major
block of flats
compose a symphony
helm of the ship
what does a release manager earn
how does a version number work
what is a changelog
what does an incident commander do all day
explain what a container is
what is the point of unit tests
how do i learn to program
who invented the first computer
when was docker first released to the public
who came up with the idea of containers in shipping
what happened to the floppy disk
when did unix begin
what was the biggest outage in the history of the telephone
what came before ethernet
when did the first email go out
why did betamax fail
what happened at chernobyl
how was the moon landing controlled
what is the difference between a branch and a fork
how does encryption work
what is the best programming language for beginners
i want to learn kubernetes where do i begin
show me how to play poker
where does the word bug come from
why are there so many programming languages
how do compilers turn text into programs
what is the theory behind queues
should we move to another editor
what do you think of microservices
is it worth learning assembler
is working from home healthy for a team
would you trust a self driving car
i prefer dark mode everywhere
which is nicer to work with jenkins or nothing at all
should the team work on weekends
should i quit my job
do you like our product
is remote work here to stay
is cobol dead
whose fault is climate change
what do customers think of our brand
how do other teams organise their on call
how do i become a system administrator
how do i ask my boss for a raise
why do software projects fail
what is a good name for our team
who should do the next on call shift
how many days of vacation do i have left
approve the holiday of my colleague
write my resume for a position as release engineer
is overtime paid in this company
call in sick for me
plan the shifts of the nurses
record my working hours from nine to five
plan my career
my boss keeps watching me what can i do
write a reference for the student
add the new colleague to the birthday calendar
check the references of the applicant
which laptop should i buy for work
how much does a server rack cost second hand
compare the prices of hosting companies
return the broken laptop to the shop
how much would a bigger office cost
compare two phones for me
order shirts with the version number on the back
is the red bicycle still available
recommend a course about databases
write a sorting algorithm
write a function that reverses a string
implement a linked list
refactor this class
center this element on the page
explain this regular expression
translate the readme into german
read the changelog aloud while i drive
translate the release announcement into french
translate the error message into plain polish
print the report on both sides
scan my passport as a pdf
make the font bigger
sum up column c
write a press release about the merger
write a haiku about logs
read out the names of the winners
translate the menu into english
summarise this podcast in three lines
bind the pages into a book
highlight the important words in yellow
write marketing copy for the home page
write a tutorial for our customers
review my code
generate a qr code for our menu
make a landing page with a big button
why does my loop never end
mute the channel about football
create an account for me at the online shop
reset the password of my email
unlock my phone i forgot the pin
clean the keyboard
crop the picture
update my operating system to the newest version of windows
make the button green
how fast is my internet at home
delete the app from my phone
zoom in on the map
save the picture
stop the video
restart the level
what is on my calendar
log out of my email
log my breakfast in the diet app
log five kilometres of running
track how long i sleep
notify me when the tickets go on sale
alert me when the rice is done
design a logo for the product
draw a diagram of our architecture
book the meeting room for ten
how many followers did we lose this week
delete the embarrassing comment i wrote last night
get our product to the front page of a news site
write a witty caption for the picture of the server room
block that annoying person
set my relationship status to single
share the cat video with everybody
how many likes has my photo
report the fake account
schedule a meeting with sales
cancel the daily for tomorrow
book a room with a beamer for the demo
record the meeting for those who are on holiday
start the meeting without me
is the conference room on the second floor free
pay the hosting bill
send an invoice for the last project
when does the customer pay at last
cancel the plan of the customer
which customers have not paid
print the receipt
get my deposit back
issue a voucher for the customer
can we be sued for an outage
which licence lets others sell my code
file a complaint with the airline
how long must a company keep invoices
terminate the lease
investigate who copied our slogan
write my will
sue the builder
write a complaint about the noise
validate the signature on the will
order new keyboards
who is on holiday next week
what is our wifi password
where is the printer
the coffee machine is broken
the printer is out of paper
the air conditioning is down
the elevator does not work
`
  .trim()
  .split('\n')
