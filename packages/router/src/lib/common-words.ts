/** Everyday English that a manifest may never use: seen in a request it is no slip of the pen, and stays as it is. */
const WORDS = `
able about above accept compress decompress across action active actual adult advice after again agree ahead alike alone along already although always
among amount angle angry animal annoy another answer anyone anything anyway appear argue around arrive aside asleep attack attempt author autumn
avoid awake aware away awful baby back badge badly bake ball band bare bark base basic basket bath bean bear beat beauty become bedroom before
began behave behind belief bell belong below belt bench bend beneath bent beside beyond bike bird bite bitter blame blank blast bleed blend bless blind
block blood bloom blow blue board boat body bone bonus boot border bore born borrow both bother bottle bottom bounce bound bowl brain brand brave bread
break breath breed brick bridge brief bright bring broad broke brother brown brush bubble bucket build built bump bunch burn burst bury business
butter button cable cake calm came camp candle cane canoe capable capital captain cargo carpet carry cart case castle casual catch cause cave
center central century certain chain chair chalk chance chapter cheap cheat cheek cheer cheese chest chew chief child chili choice chop church circle citizen city
claim class clay clean climb clip cloth clothes cloud clown club coach coal coast coat code coffee coin collar collect college colour color column comb
come comfort comic common company compete concern condition conduct consider contain content context control convince corn corner cotton cough could council count country
couple courage course court cousin cover crack craft crawl cream creek crew crime crop cross crowd crown cruel crush culture curious curl current
curse curve custom cute cycle daily damp dance danger dare dark daughter dawn dead deaf deal dear death debate decade decide deep deer defend degree
delay delight demand dentist depend depth desert deserve desire desk detail devil diamond diary differ difficult dinner dirt dirty discuss disease dish dive divide
done donkey door double doubt down dozen drag drama draw dream dress drift drop drown drum dry duck dull dust duty each eager eagle early earn earth ease
east easy eaten edge editor effect effort eight either elbow elder else empty enemy energy engine enjoy enough enter entire equal escape especially even evening event
ever every evil exact example excellent except excite excuse exist exit expect expert extra eyes face fact factor factory fade fail faint fair faith fake fall false fame
fancy fare farm fashion father fault favor favour favorite favourite fear feast feather feed feel feet fellow fence fetch fever field fight figure file fill final finger finish
fire firm first fish five flag flame flat flavor flesh float flood floor flour flow flower fluid foam fold folk follow fond fool foot football force
foreign forest forever form fort fortune forth found four frame free freedom freeze fresh fried frog from front frost frozen fruit fuel full fund funny fur
furniture garage garden garlic gate gather gave gentle ghost giant gift girl give given glad glass globe glory glove glue goal goat going gold golden gone
goose govern grab grace grade grain grand grant grape grass grave gravy great greedy green grey grief grill grin grip ground group grow growth guard guess guest guide
guilt guitar half hall hammer hand handle hang happen happy harbor hard hardly harm harsh hate haul have head heal heap hear heart heaven heavy heel height hell
hence herb here hero hidden high hill hint hire hobby hole hollow holy honest honey honor hook hope horn horse host hour however huge human humble hundred hung hunt
hurry hurt husband idea ideal idle image imagine impact import impress include indeed indoor inner insect inside insist instead invite iron island item itself jail jazz
jewel joint joke jolly journal juice jump jungle junior just justice keen keep kept kick kidney kill kind king kiss kitchen kite knee knew knife knight knit knock
knot know known label labor lack ladder lady lake lamb land lane language lap large laser last late laugh laundry lawn lawyer layer lazy lead leaf lean leap learn least
leather left legal lemon lend length lens less lesson letter level liar liberty lick lift like likely limb line lion lips liquid list little lively liver lobby lock
lodge lonely long look loop loose lose loss loud love lovely lower lucky lump lunch lung luxury made magic maid main major male mall manner many march mark market marry mask
mass master match mate matter mayor meadow mean meant measure meat media meet melt member mention mercy mere merit merry mess metal method middle might mild milk mill mind mine
minor minute mirror miss mist mistake mix mobile model modern moment monkey mood moon moral more morning most mother motion motor mountain mouse mouth move much mud
muscle museum must mutual myself mystery nail naked narrow nation native nature naughty near nearly neat neck need needle neither nerve nest never news nice niece night nine
noble nobody noise none noon normal north nose note nothing notice noun nurse nut oath obey object obvious occur ocean odd offer often olive once onion only onto open
opera opinion orange orbit ordinary organ origin other ought ounce outer oven over owe owner oxygen pack page pain paint pair palace pale palm panel panic pants
paper parade pardon parent park part partner party pass pasta paste path patient pattern peace peach peak pear pearl pen pencil people pepper perfect period person pet piano piece
pig pile pillow pilot pine pink pipe pitch pity pizza plain planet plant plastic plate play please pleasure plenty plot plug plus pocket poem poet point poison pole police polite
pond pool pork port possible post potato pound pour powder power practice praise pray press pretty prevent price pride priest prince print prison prize process
product profit promise proof proper protect proud prove public pull pump punch punish pupil puppy pure purple purpose push puzzle queen question quick quiet quit quite quote rabbit
race radio rail rain raise ranch range rapid rare rather raven raw reach react read ready real realize reason recall recent record red refer reflect regard region regret
relax rely remain remark remember remote rent reply require rescue resist respect rest result retire return reveal rhyme rice rich rid ride rifle right ring rise
risk river road roast robot rock rode role roof root rope rose rough round row royal rub rubber rude rug ruin rule rush sack sad saddle safe said sail saint salad salt
same sand sandbox sandwich sang sauce sausage save saw scale scar scare scene scent school science scissors scold score scratch scream screen screw seal season seat second secret section seed seek
seem seen seldom self senior sense sentence serious serve settle seven several severe sew shade shadow shake shall shame shape share shark sharp shave sheep sheet shelf shell shelter shine
ship shirt shock shoe shoot shore short shot should shoulder shout shower shown side sigh sight sign silence silent silk silly silver similar simple since sing single
sink sister site size skill skin skirt sleep slept slice slide slight slim slip slope smart smell smile smoke smooth snake sneak snow soap soccer social sock soft soil sold soldier
solid some someone something sometimes song soon sore sorry sort soul sound soup sour south space spare speak special speech speed spell spend spice spider spin spirit spit spite split spoil spoke
spoon sport spray spread spring square squeeze stable stack staff stage stain stair stamp stand star stare station stay steady steak steal steam steel steep steer step
stew stick stiff still sting stir stock stole stomach stone stood stool storm story stove strange straw stream street strength stress stretch strict strike string strip stroke strong struck
student study stuff style subject success such sudden suffer sugar suit summer super supper supply suppose surface surprise swallow swam swear sweat sweep sweet swell swim
swing sword table tail take taken tale talent tall tank tape target task taste taught teach team tear tease teeth tell temple tend tennis tent term than that
their them then there these thick thief thin thing think third thirst this those though thousand thread threat three threw throat through throw thumb thunder thus tide tidy tight till
timber tired title toast tobacco today toe together tomato tongue took tool tooth topic torn total touch tough tour toward towel tower town toy trade tradition trail train trap
trash tray treat tree tremble trial tribe trick tried tropical truck true trunk trust truth tube tune tunnel turkey turn twelve twenty twice twin twist type ugly uncle under uniform unit
universe unless until upon upper upset urge urgent used useful usual valley value vary vast vegan verse very vessel victory view village violin virtue voice vote wage waist wake
walk wall war warm warn wash waste wave weak wealth weapon wear weave wedding weed weigh weight weird well went were west wet whale what wheat wheel when where which while whip
whisper whistle white whole whose wide widow wife wild will wind wine wing winner winter wipe wire wisdom wise wish with within without wolf woman women wonder wood wool word
wore world worm worn worry worse worst worth would wound wrap wreck wrist write written wrong wrote yard yarn yell yellow yesterday young your youth zebra zero zone
abroad access activity actually add added adding address addresses adds admin admins afternoon against age ago aim air alarm alarms alert alerts allow allowed
allows almost amounts annoying annual anybody anyhow anywhere apart appeared appears application applications approval approvals apps april archive archives area
arm art ask asked asking asks ate attach attachment audit audits august available average backlog backup backups bad baseline bathroom became because becomes
begin begins begun behaves being believe besides best bet better between big biggest bit bits blocked book boss bought box boxes boy branch branches breaking
breaks bringing brings broken brought buddy bug bugs building builds burns burnt bus buy buys caches call called calling calls car care cat causes cert
certificate certificates certs change changed changelog changes changing chart check checklist checks cheers clear client clients clock close clue clues cluster
codebase cold colleague colleagues columns comes coming command commands comment comments commit commits community compile compiled complete component components
computer config configs configuration connection considers container containers continue continued continues copies copy core cores correct corrupt corrupted
cost counts coverage cpu crash crashed crashes crashing create created creates creating credential credentials critical cultural customer customers cut cuts
cutting damaged data day days deadline deals december decided decides decision decrypted defect degraded democratic dependencies dependency deploy deployed
deployment deployments deploys deprecated despite details developer developers development device devices die died dies diff difference different director
directories directory disabled disk doc doctor document documents dog doing domain doubts downtime drill drive drug dump dumps duration during dying earliest eat
eats education eleven email emails enabled encrypted end ends engineer engineers entries entry environment environmental environments error errors everybody
everyone everything everywhere expected expects experience extension extensions eye failed failing fails failure failures fallen falling falls family fast
fastest faults february feels fell felt few fifth figures files film financial find finding finds fine fit fits fitting fixture flags flight folder folders folks
followed following follows fourth friday friend fun function functions game general generally generated get gets getting gives giving go goals goes good got
government grades graph grew groups growing grows guides guy guys handbook handful handy hanging hangs happened happening happens health healthy heard hears held
hello help herself hey hi highest himself hints history hit hits hitting hold holding holds holiday home hosted hosting hosts hot hotel hotfix hourly house hunch
ignored important inactive incident incidents included includes incomplete incorrect industry info information input inputs insecure instance instances interest
internet interval intervals invalid investigation issue issues items january job jobs journey july june keeping keeps key keys killed kills kinds knowing knows
labels lamp laptop largest latency later latest law lay leader leading leads learned learns leave leaves leaving led leftover legacy lest lets letters levels
libraries library licence license lie lies life light limit limits lines link links lint linter lists live lived lives living load local locked log longest loses
losing lost lot lots low lowest luck lying machine machines madam make makes making man manual matters maybe means meanwhile medical meeting meets memory men
menu merge merged message messages met metric midday midnight migration migrations milestone million missed misses missing module modules monday money monorepo
month monthly moved moves movie moving name names natural needed needing needs network new newest next nightly node nodes nor notes november now nowhere nr
number numbers obsolete october off offered offers office official oil ok okay old oldest one opened opening opens operator operators option optional options
others otherwise ours ourselves out outage outages outdated output outputs outside overview own owners package packages pages paid pairs pal partial passed
passes passing password passwords past patch patches paths paused pay paying pays pending per percent percentage perhaps periods permission permissions physical
picture pieces pipeline pipelines place plan playbook player plays plugin plugins points policies policy poor popular portion ports position president private
problem procedure procedures processes production program project projects provide provides pulled pulls pushed put puts putting quarter queries query questions
quickest raised raises ran ranges rate rates rating reached reaches reading readme reads really reasons recipe records relation release releases religious
remains remediation remembers replica replicas repo repos repositories repository request requests required requires research response responses results review
reviews rights roles rollback rollout room route routes rows rules run runbook runbooks running runs sat saturday say saying says schedule schema scores script
scripts secrets secure see seeing seemed seems sees sell sells send sending sends sent september served server servers serves service services serving set sets
setting settings setup shortest show showed showing shows shut shuts shutting signal significant simply sir sit sits sitting situation six sixth sizes skipped
sleeps slow slowest small smallest snapshot snapshots society sofa somebody somewhere sorts source sources speaks spec specs spends spent sprint stages staging
stale standard standards standing stands state statistics stats stayed staying stays steps sticks stop stopped stopping stops stuck suggest suggests suite
summaries summary sun sunday support sure swap system systems tab tables tag tags takes taking targets tasks tax taxi tea teacher teams technology telling tells
template templates ten tenth test tested testing tests text texts thank thanks theirs themselves therefore things thinking thinks thought threshold thresholds
throughout throughput thursday ticket tickets tie ties time timeout timeouts times titles token tokens told tomorrow tonight too tools totals touched touches
towards trace traces traditional traffic trend trends tries trip trouble try trying tuesday tutorial two typecheck types unavailable underneath understand
understood unhealthy units unlocked unsafe unstable up upstairs uptime use user users uses using vacation valid variable variables various vendored version
versions via visible visitor visitors volume volumes wait waited waiting waits walked want wanted wanting wants warning warnings watch watched watches watching
water way ways weather wednesday week weekday weekend weekly whatever whenever whereas wherever whether whichever whoever win window wins woke woken won words
work worked workflow workflows working works workspace workspaces worries writes writing year yearly years yes yet yours yourself
`

export const COMMON_WORDS: ReadonlySet<string> = new Set(WORDS.trim().split(/\s+/))
