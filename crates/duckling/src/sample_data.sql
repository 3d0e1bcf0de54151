-- The tables of `sample_data`, made by DuckDB itself in the current database.
--
-- Names and columns are those the public examples of the reference use; the rows are invented here.
-- Everything derives from hash() over range(), never from random(), so that two servers (and two runs of a
-- test) hold the same rows. About 270,000 rows in a few seconds. Run once, by the server, on an
-- empty database; tenants see the result as a read-only share.

-- A number in [0, 1), the same for the same row and salt.
CREATE TEMP MACRO unit(i, salt) AS (hash(i, salt) % 1000003)::DOUBLE / 1000003;
-- One entry of a list, all equally likely.
CREATE TEMP MACRO pick(entries, i, salt) AS entries[1 + (hash(i, salt) % len(entries)::UBIGINT)::BIGINT];
-- One entry of a list, the first ones far more often (a popularity curve).
CREATE TEMP MACRO favour(entries, i, salt) AS entries[1 + floor(len(entries) * pow(unit(i, salt), 2.2))::BIGINT];

-- ---------------------------------------------------------------------------------------------------------
CREATE SCHEMA hn;

CREATE TABLE hn.hacker_news AS
WITH words AS (
    SELECT
        ['A Tour of', 'An Introduction to', 'Building', 'Debugging', 'How We Scaled', 'How We Replaced', 'Lessons from',
         'Notes on', 'Rewriting', 'Scaling', 'Shipping', 'The Case Against', 'The Case for', 'The Hidden Cost of',
         'The History of', 'The Quiet Return of', 'Understanding', 'Visualizing', 'What I Learned from', 'Why We Left',
         'Why I Still Use', 'Benchmarking', 'Ask HN: Who Still Uses', 'Show HN: I Made a Toy for', 'Show HN: A Map of',
         'Ten Years of', 'Five Myths about', 'Teaching', 'Reverse Engineering', 'Profiling'] AS openings,
        ['a Columnar Database', 'SQLite', 'PostgreSQL', 'DuckDB', 'a Text Editor', 'Regular Expressions', 'TLS',
         'a Garbage Collector', 'the Linux Scheduler', 'a Compiler Backend', 'B-Trees', 'Bloom Filters', 'Web Fonts',
         'a Home Weather Station', 'Offline Maps', 'the Erlang VM', 'Rust', 'a Lisp Interpreter', 'Feature Flags',
         'Monorepos', 'Static Site Generators', 'Distributed Tracing', 'Cron', 'a Message Queue', 'Spreadsheets',
         'the Commodore 64', 'Old Radio Telescopes', 'Public Transport Data', 'Mechanical Keyboards', 'E-Ink Displays',
         'a Raspberry Pi Cluster', 'Parquet Files', 'Unicode', 'Time Zones', 'Email', 'a Solar Powered Server'] AS subjects,
        ['', '', '', '', ' in Production', ' on a Budget', ' from Scratch', ' in 500 Lines', ' for Beginners',
         ' at Night', ' (2019)', ' (2021)', ' without Kubernetes', ' the Hard Way', ' in the Browser', ' [pdf]',
         ', Part 2', ' with Pen and Paper', ' at the Library', ' after the Acquisition'] AS endings,
        ['github.com', 'blog.example.org', 'medium.com', 'arxiv.org', 'lwn.net', 'www.nytimes.com', 'notes.example.net',
         'en.wikipedia.org', 'www.bbc.co.uk', 'queue.acm.org', 'engineering.example.com', 'www.youtube.com'] AS sites,
        ['drakewell', 'plumage', 'tidalflat', 'jackdawc', 'patio12', 'raincoat', 'otherwisely', 'quackmaster', 'mallard42', 'nullable',
         'latebinding', 'tea_and_cake', 'kernelpanda', 'semicolonist', 'offbyone', 'hexdump', 'ferrous', 'gradstudent',
         'bytewise', 'walrusop', 'oldunix', 'cafecoder', 'segfaulty', 'tidepool', 'northwind', 'pelikan', 'greylag',
         'teal_deer', 'sandpiper', 'eiderdown'] AS users,
        ['I ran into the same problem last year', 'This matches my experience', 'The article skips the hard part',
         'Has anybody tried this on real data?', 'Fun read', 'I would measure it before I believe it',
         'We did this at a previous job', 'The title is a little strong', 'Thank you for writing this up',
         'There is a good talk on the subject'] AS remarks,
        ['and the cache was the culprit.', 'but the tooling has become much better since.', 'and it took us two weekends.',
         'although the maintenance is what gets you.', 'and nobody noticed for a month.', 'so we wrote a small script instead.',
         'which the documentation does mention, on page 40.', 'and I would do it again.',
         'but then the disk filled up.', 'so your mileage may vary.'] AS turns
),
items AS (
    SELECT i, unit(i, 'hn type') AS kind,
           TIMESTAMP '2022-01-01 00:00:07' + to_seconds((i * 1051 + hash(i, 'hn time') % 900)::BIGINT) AS posted
    FROM range(30000) AS t(i)
),
typed AS (
    SELECT i, posted,
           CASE WHEN kind < 0.24 OR i = 0 THEN 'story' WHEN kind < 0.985 THEN 'comment'
                WHEN kind < 0.993 THEN 'job' ELSE 'poll' END AS type
    FROM items
)
SELECT
    CASE type
        WHEN 'comment' THEN NULL
        WHEN 'job' THEN pick(['Pond', 'Reedbed', 'Waterline', 'Estuary', 'Driftwood', 'Lagoon'], i, 'hn firm')
                        || ' (YC ' || pick(['W21', 'S21', 'W22', 'S22'], i, 'hn batch') || ') Is Hiring '
                        || pick(['Backend Engineers', 'a Founding Engineer', 'a Data Engineer', 'Designers'], i, 'hn job')
        ELSE pick(openings, i, 'hn opening') || ' ' || pick(subjects, i, 'hn subject') || pick(endings, i, 'hn ending')
    END AS title,
    CASE WHEN type IN ('story', 'job') AND unit(i, 'hn url') > 0.08
         THEN 'https://' || favour(sites, i, 'hn site') || '/' || lower(replace(pick(subjects, i, 'hn subject'), ' ', '-'))
              || '-' || (hash(i, 'hn page') % 9000 + 1000)::VARCHAR END AS url,
    CASE WHEN type = 'comment' THEN pick(remarks, i, 'hn remark') || ', ' || pick(turns, i, 'hn turn') END AS text,
    CASE WHEN unit(i, 'hn dead') < 0.02 THEN true END AS dead,
    favour(users, i, 'hn by') || CASE WHEN unit(i, 'hn suffix') < 0.7 THEN (hash(i, 'hn nr') % 400)::VARCHAR ELSE '' END AS by,
    CASE WHEN type <> 'comment' THEN 1 + floor(exp(unit(i, 'hn score') * 4 + pow(unit(i, 'hn hit'), 12) * 4))::BIGINT END AS score,
    epoch(posted)::BIGINT AS time,
    posted AS timestamp,
    type,
    29760000 + i AS id,
    CASE WHEN type = 'comment' AND i > 0 THEN 29760000 + i - 1 - (hash(i, 'hn parent') % least(i, 200)::UBIGINT)::BIGINT END AS parent,
    CASE WHEN type IN ('story', 'poll') THEN floor(exp(unit(i, 'hn talk') * 5) - 1)::BIGINT END AS descendants,
    CASE WHEN type = 'comment' THEN (hash(i, 'hn rank') % 40)::BIGINT END AS ranking,
    CASE WHEN unit(i, 'hn deleted') < 0.01 THEN true END AS deleted
FROM typed, words
ORDER BY i;

-- ---------------------------------------------------------------------------------------------------------
CREATE SCHEMA nyc;

-- Yellow cab trips of November 2022.
CREATE TABLE nyc.taxi AS
WITH trips AS (
    SELECT i,
           TIMESTAMP '2022-11-01 00:00:00' + to_seconds((i * 26 - i // 1000 + hash(i, 'taxi second') % 25)::BIGINT) AS pickup,
           round(0.4 + exp(unit(i, 'taxi distance') * 3.1) - 0.9, 2) AS miles,
           favour([237, 236, 161, 132, 186, 162, 142, 170, 239, 141, 163, 48, 234, 230, 68, 79, 138, 249, 107, 263, 90, 113, 7, 74, 75],
                  i, 'taxi from') AS pulocation,
           favour([236, 237, 161, 170, 141, 239, 142, 162, 48, 68, 238, 263, 79, 234, 186, 107, 230, 138, 132, 265, 181, 255],
                  i, 'taxi to') AS dolocation,
           CASE WHEN unit(i, 'taxi pay') < 0.79 THEN 1 WHEN unit(i, 'taxi pay') < 0.965 THEN 2
                WHEN unit(i, 'taxi pay') < 0.985 THEN 4 ELSE 3 END AS payment
    FROM range(99000) AS t(i)
),
fares AS (
    SELECT *, round(3 + miles * 2.5 + unit(i, 'taxi wait') * 8, 1) AS fare,
           CASE WHEN pulocation IN (132, 138) OR dolocation IN (132, 138) THEN 1.25 ELSE 0 END AS airport,
           CASE WHEN unit(i, 'taxi toll') < 0.06 THEN 6.55 ELSE 0 END AS toll,
           CASE WHEN hour(pickup) BETWEEN 16 AND 19 THEN 2.5 WHEN hour(pickup) >= 20 OR hour(pickup) < 6 THEN 0.5 ELSE 0 END AS surcharge
    FROM trips
),
tipped AS (
    SELECT *, CASE WHEN payment = 1 THEN round(fare * pick([0, 0.1, 0.15, 0.18, 0.2, 0.2, 0.25, 0.3], i, 'taxi tip'), 2) ELSE 0 END AS tip
    FROM fares
)
SELECT
    CASE WHEN unit(i, 'taxi vendor') < 0.28 THEN 1 ELSE 2 END::BIGINT AS "VendorID",
    pickup AS tpep_pickup_datetime,
    pickup + to_seconds((180 + miles * (150 + unit(i, 'taxi traffic') * 260))::BIGINT) AS tpep_dropoff_datetime,
    favour([1, 2, 3, 4, 5, 6], i, 'taxi party')::DOUBLE AS passenger_count,
    miles::DOUBLE AS trip_distance,
    CASE WHEN airport > 0 AND unit(i, 'taxi rate') < 0.5 THEN 2 WHEN unit(i, 'taxi rate') < 0.01 THEN 5 ELSE 1 END::DOUBLE AS "RatecodeID",
    CASE WHEN unit(i, 'taxi store') < 0.01 THEN 'Y' ELSE 'N' END AS store_and_fwd_flag,
    pulocation::BIGINT AS "PULocationID",
    dolocation::BIGINT AS "DOLocationID",
    payment::BIGINT AS payment_type,
    fare::DOUBLE AS fare_amount,
    surcharge::DOUBLE AS extra,
    0.5::DOUBLE AS mta_tax,
    tip::DOUBLE AS tip_amount,
    toll::DOUBLE AS tolls_amount,
    0.3::DOUBLE AS improvement_surcharge,
    round(fare + surcharge + 0.5 + tip + toll + 0.3 + 2.5 + airport, 2)::DOUBLE AS total_amount,
    2.5::DOUBLE AS congestion_surcharge,
    airport::DOUBLE AS airport_fee
FROM tipped
ORDER BY i;

-- Trips of the app companies, the same month.
CREATE TABLE nyc.rideshare AS
WITH trips AS (
    SELECT i,
           TIMESTAMP '2022-11-01 00:00:00' + to_seconds((i * 43 - i // 500 + hash(i, 'ride second') % 40)::BIGINT) AS requested,
           unit(i, 'ride firm') < 0.73 AS uber,
           round(0.5 + exp(unit(i, 'ride distance') * 3.2) - 0.9, 2) AS miles,
           120 + hash(i, 'ride arrive') % 480 AS arrive_s
    FROM range(60000) AS t(i)
),
timed AS (
    SELECT *, (240 + miles * (120 + unit(i, 'ride traffic') * 200))::BIGINT AS trip_s FROM trips
),
priced AS (
    SELECT *, round(4.5 + miles * 2.1 + trip_s / 60 * 0.45, 2) AS fare FROM timed
)
SELECT
    CASE WHEN uber THEN 'HV0003' ELSE 'HV0005' END AS hvfhs_license_num,
    CASE WHEN uber THEN 'B03404' ELSE 'B03406' END AS dispatching_base_num,
    CASE WHEN uber THEN 'B03404' END AS originating_base_num,
    requested AS request_datetime,
    CASE WHEN uber THEN requested + to_seconds(arrive_s::BIGINT) END AS on_scene_datetime,
    requested + to_seconds((arrive_s + 60)::BIGINT) AS pickup_datetime,
    requested + to_seconds((arrive_s + 60)::BIGINT + trip_s) AS dropoff_datetime,
    (1 + hash(i, 'ride from') % 263)::BIGINT AS "PULocationID",
    (1 + hash(i, 'ride to') % 265)::BIGINT AS "DOLocationID",
    miles::DOUBLE AS trip_miles,
    trip_s AS trip_time,
    fare::DOUBLE AS base_passenger_fare,
    CASE WHEN unit(i, 'ride toll') < 0.08 THEN 6.55 ELSE 0 END::DOUBLE AS tolls,
    round(fare * 0.03, 2)::DOUBLE AS bcf,
    round(fare * 0.08875, 2)::DOUBLE AS sales_tax,
    CASE WHEN unit(i, 'ride zone') < 0.4 THEN 2.75 ELSE 0 END::DOUBLE AS congestion_surcharge,
    CASE WHEN unit(i, 'ride airport') < 0.07 THEN 2.5 ELSE 0 END::DOUBLE AS airport_fee,
    CASE WHEN unit(i, 'ride tips') < 0.2 THEN round(fare * 0.18, 2) ELSE 0 END::DOUBLE AS tips,
    round(fare * (0.68 + unit(i, 'ride share') * 0.15), 2)::DOUBLE AS driver_pay,
    CASE WHEN unit(i, 'ride pool') < 0.03 THEN 'Y' ELSE 'N' END AS shared_request_flag,
    'N' AS shared_match_flag,
    CASE WHEN uber THEN ' ' ELSE 'N' END AS access_a_ride_flag,
    'N' AS wav_request_flag,
    CASE WHEN unit(i, 'ride wav') < 0.06 THEN 'Y' ELSE 'N' END AS wav_match_flag
FROM priced
ORDER BY i;

-- Complaints to the city, 2010 to 2022.
CREATE TABLE nyc.service_requests AS
WITH kinds AS (
    SELECT [
        {'agency': 'NYPD', 'name': 'New York City Police Department', 'complaint': 'Noise - Residential', 'what': 'Loud Music/Party', 'place': 'Residential Building/House'},
        {'agency': 'HPD', 'name': 'Department of Housing Preservation and Development', 'complaint': 'HEAT/HOT WATER', 'what': 'ENTIRE BUILDING', 'place': 'RESIDENTIAL BUILDING'},
        {'agency': 'NYPD', 'name': 'New York City Police Department', 'complaint': 'Illegal Parking', 'what': 'Blocked Hydrant', 'place': 'Street/Sidewalk'},
        {'agency': 'NYPD', 'name': 'New York City Police Department', 'complaint': 'Blocked Driveway', 'what': 'No Access', 'place': 'Street/Sidewalk'},
        {'agency': 'DOT', 'name': 'Department of Transportation', 'complaint': 'Street Condition', 'what': 'Pothole', 'place': 'Street'},
        {'agency': 'DSNY', 'name': 'Department of Sanitation', 'complaint': 'Missed Collection', 'what': 'Trash', 'place': 'Sidewalk'},
        {'agency': 'DEP', 'name': 'Department of Environmental Protection', 'complaint': 'Water System', 'what': 'Hydrant Running (WC3)', 'place': NULL},
        {'agency': 'NYPD', 'name': 'New York City Police Department', 'complaint': 'Noise - Street/Sidewalk', 'what': 'Loud Talking', 'place': 'Street/Sidewalk'},
        {'agency': 'DPR', 'name': 'Department of Parks and Recreation', 'complaint': 'Damaged Tree', 'what': 'Branch or Limb Has Fallen Down', 'place': 'Street'},
        {'agency': 'DOT', 'name': 'Department of Transportation', 'complaint': 'Street Light Condition', 'what': 'Street Light Out', 'place': NULL},
        {'agency': 'DOHMH', 'name': 'Department of Health and Mental Hygiene', 'complaint': 'Rodent', 'what': 'Rat Sighting', 'place': '3+ Family Apt. Building'},
        {'agency': 'TLC', 'name': 'Taxi and Limousine Commission', 'complaint': 'Lost Property', 'what': 'Phone', 'place': 'Taxi'}] AS list
),
boroughs AS (
    SELECT [
        {'name': 'BROOKLYN', 'city': 'BROOKLYN', 'lat': 40.650, 'lon': -73.950, 'zips': ['11201', '11211', '11215', '11221', '11226', '11234', '11238'], 'streets': ['FLATBUSH AVENUE', 'BEDFORD AVENUE', 'ATLANTIC AVENUE', 'OCEAN PARKWAY', 'KINGS HIGHWAY']},
        {'name': 'QUEENS', 'city': 'ASTORIA', 'lat': 40.730, 'lon': -73.830, 'zips': ['11101', '11103', '11354', '11373', '11377', '11385', '11432'], 'streets': ['QUEENS BOULEVARD', 'NORTHERN BOULEVARD', 'JAMAICA AVENUE', 'ROOSEVELT AVENUE', 'STEINWAY STREET']},
        {'name': 'MANHATTAN', 'city': 'NEW YORK', 'lat': 40.770, 'lon': -73.970, 'zips': ['10001', '10003', '10011', '10025', '10027', '10031', '10128'], 'streets': ['BROADWAY', 'AMSTERDAM AVENUE', 'WEST 23 STREET', 'EAST 86 STREET', '2 AVENUE']},
        {'name': 'BRONX', 'city': 'BRONX', 'lat': 40.850, 'lon': -73.880, 'zips': ['10451', '10453', '10457', '10458', '10467', '10468'], 'streets': ['GRAND CONCOURSE', 'EAST TREMONT AVENUE', 'JEROME AVENUE', 'FORDHAM ROAD', 'WHITE PLAINS ROAD']},
        {'name': 'STATEN ISLAND', 'city': 'STATEN ISLAND', 'lat': 40.580, 'lon': -74.150, 'zips': ['10301', '10304', '10306', '10312', '10314'], 'streets': ['HYLAN BOULEVARD', 'RICHMOND AVENUE', 'VICTORY BOULEVARD', 'BAY STREET']}] AS list
),
requests AS (
    SELECT i, favour(kinds.list, i, '311 kind') AS kind, favour(boroughs.list, i, '311 borough') AS area,
           TIMESTAMP '2010-01-01 00:03:00' + to_seconds((i * 6820 + hash(i, '311 second') % 6800)::BIGINT) AS opened
    FROM range(60000) AS t(i), kinds, boroughs
),
placed AS (
    SELECT *, (10 + hash(i, '311 house') % 3990)::VARCHAR AS house, pick(area.streets, i, '311 street') AS street,
           unit(i, '311 open') < 0.97 AS closed,
           round(area.lat + (unit(i, '311 lat') - 0.5) * 0.1, 6) AS lat, round(area.lon + (unit(i, '311 lon') - 0.5) * 0.1, 6) AS lon
    FROM requests
)
SELECT
    15630000 + i * 7 AS unique_key,
    opened AS created_date,
    CASE WHEN closed THEN opened + to_seconds((600 + pow(unit(i, '311 wait'), 4) * 2500000)::BIGINT) END AS closed_date,
    kind.agency AS agency,
    kind.name AS agency_name,
    kind.complaint AS complaint_type,
    kind.what AS descriptor,
    kind.place AS location_type,
    pick(area.zips, i, '311 zip') AS incident_zip,
    house || ' ' || street AS incident_address,
    street AS street_name,
    pick(area.streets, i, '311 cross') AS cross_street_1,
    pick(area.streets, i, '311 cross 2') AS cross_street_2,
    'ADDRESS' AS address_type,
    area.city AS city,
    CASE WHEN unit(i, '311 landmark') < 0.25 THEN street END AS landmark,
    CASE WHEN closed THEN 'Closed' ELSE pick(['Open', 'Pending', 'In Progress', 'Assigned'], i, '311 status') END AS status,
    CASE WHEN closed THEN 'The ' || kind.name || pick([' responded to the complaint and took action to fix the condition.',
        ' responded to the complaint and determined that no action was necessary.', ' inspected the condition and closed the complaint.',
        ' issued a summons in response to the complaint.'], i, '311 outcome') END AS resolution_description,
    lpad((1 + hash(i, '311 board') % 18)::VARCHAR, 2, '0') || ' ' || area.name AS community_board,
    area.name AS borough,
    pick(['PHONE', 'ONLINE', 'MOBILE', 'MOBILE', 'UNKNOWN'], i, '311 channel') AS open_data_channel_type,
    CASE WHEN kind.agency = 'DPR' THEN 'Unspecified' END AS park_facility_name,
    area.name AS park_borough,
    lat AS latitude,
    lon AS longitude,
    '(' || lat::VARCHAR || ', ' || lon::VARCHAR || ')' AS location
FROM placed
ORDER BY i;

-- ---------------------------------------------------------------------------------------------------------
CREATE SCHEMA kaggle;

-- The embeddings are hashed bags of words, so that films that share words are near each other.
CREATE TABLE kaggle.movies AS
WITH words AS (
    SELECT
        ['Silent', 'Crimson', 'Last', 'Hidden', 'Broken', 'Golden', 'Midnight', 'Distant', 'Burning', 'Forgotten', 'Paper',
         'Winter', 'Electric', 'Second', 'Wild', 'Velvet', 'Hollow', 'Northern'] AS adjectives,
        ['River', 'Letter', 'Harbor', 'Garden', 'Witness', 'Orchestra', 'Kingdom', 'Lighthouse', 'Summer', 'Station', 'Mirror',
         'Detective', 'Voyage', 'Migration', 'Bridge', 'Carnival', 'Frontier', 'Duckling'] AS nouns,
        ['A retired detective', 'A young pianist', 'An ambitious reporter', 'A widowed farmer', 'A brilliant cryptographer',
         'A runaway heiress', 'An aging boxer', 'A small-town teacher', 'A stranded astronaut', 'A reluctant heir',
         'A night-shift nurse', 'An amateur ornithologist'] AS heroes,
        ['discovers a conspiracy', 'falls in love', 'returns home', 'hunts a killer', 'uncovers a family secret',
         'must land a crippled ship', 'forges a painting', 'enters a contest', 'shelters a stranger', 'loses everything'] AS deeds,
        ['in post-war Vienna', 'on a remote island', 'during the last days of summer', 'aboard the night train to Lisbon',
         'in a town without clocks', 'at the edge of the solar system', 'in 1920s New York', 'behind enemy lines',
         'in a snowbound hotel', 'along the old salt road'] AS settings,
        ['and learns what it means to forgive.', 'while the city prepares for war.', 'and nothing is what it seems.',
         'with only a dog for company.', 'before time runs out.', 'and finds an unlikely friend.',
         'but the past is never far behind.', 'and changes the lives of everyone around.'] AS turns
),
films AS (
    SELECT i,
           'The ' || adjectives[1 + i % 18] || ' ' || nouns[1 + (i // 18 + i) % 18]
               || CASE WHEN i >= 648 THEN ' Returns' WHEN i >= 324 THEN ' II' ELSE '' END AS title,
           pick(heroes, i, 'film hero') || ' ' || pick(deeds, i, 'film deed') || ' ' || pick(settings, i, 'film place') || ' '
               || pick(turns, i, 'film turn') AS overview
    FROM range(972) AS t(i), words
)
SELECT
    title,
    overview,
    [list_sum([(hash(w, d) % 2001)::DOUBLE / 1000 - 1 for w in string_split(lower(title), ' ')]) / 8 for d in range(512)]::FLOAT[512] AS title_embeddings,
    [list_sum([(hash(w, d) % 2001)::DOUBLE / 1000 - 1 for w in string_split(lower(overview), ' ')]) / 24 for d in range(512)]::FLOAT[512] AS overview_embeddings
FROM films
ORDER BY i;

-- ---------------------------------------------------------------------------------------------------------
CREATE SCHEMA stackoverflow_survey;

CREATE TABLE stackoverflow_survey.survey_results AS
WITH lists AS (
    SELECT
        ['JavaScript', 'HTML/CSS', 'SQL', 'Python', 'TypeScript', 'Bash/Shell (all shells)', 'Java', 'C#', 'C++', 'C', 'PHP', 'Go',
         'Rust', 'Kotlin', 'Ruby', 'Dart', 'R', 'Swift'] AS languages,
        ['PostgreSQL', 'MySQL', 'SQLite', 'Microsoft SQL Server', 'MongoDB', 'Redis', 'MariaDB', 'Elasticsearch', 'BigQuery',
         'Snowflake', 'DuckDB', 'Cassandra'] AS databases,
        ['United States of America', 'Germany', 'India', 'United Kingdom of Great Britain and Northern Ireland', 'Canada', 'France',
         'Brazil', 'Poland', 'Netherlands', 'Spain', 'Italy', 'Australia', 'Sweden', 'Switzerland', 'Israel', 'Nigeria', 'Turkey'] AS countries
),
people AS (SELECT i, 2017 + (i * 8 // 16000) AS survey_year FROM range(16000) AS t(i))
SELECT
    1 + i % 2000 AS "ResponseId",
    favour(['I am a developer by profession', 'I am not primarily a developer, but I write code sometimes as part of my work/studies',
            'I am learning to code', 'I code primarily as a hobby'], i, 'so branch') AS "MainBranch",
    favour(['25-34 years old', '35-44 years old', '18-24 years old', '45-54 years old', '55-64 years old', 'Under 18 years old'], i, 'so age') AS "Age",
    favour(['Employed, full-time', 'Independent contractor, freelancer, or self-employed', 'Student, full-time', 'Employed, part-time',
            'Not employed, but looking for work'], i, 'so employment') AS "Employment",
    pick(['Remote', 'Hybrid (some remote, some in-person)', 'Hybrid (some remote, some in-person)', 'In-person'], i, 'so remote') AS "RemoteWork",
    favour(['Bachelor’s degree (B.A., B.S., B.Eng., etc.)', 'Master’s degree (M.A., M.S., M.Eng., MBA, etc.)',
            'Some college/university study without earning a degree', 'Secondary school', 'Professional degree (JD, MD, Ph.D, Ed.D, etc.)'],
           i, 'so degree') AS "EdLevel",
    (1 + floor(pow(unit(i, 'so years'), 1.5) * 40))::BIGINT::VARCHAR AS "YearsCode",
    (floor(pow(unit(i, 'so years'), 1.5) * 32))::BIGINT::VARCHAR AS "YearsCodePro",
    favour(['Developer, full-stack', 'Developer, back-end', 'Developer, front-end', 'Developer, desktop or enterprise applications', 'Student',
            'Data engineer', 'Engineering manager', 'DevOps specialist', 'Data scientist or machine learning specialist', 'Academic researcher'],
           i, 'so role') AS "DevType",
    pick(['2 to 9 employees', '10 to 19 employees', '20 to 99 employees', '100 to 499 employees', '1,000 to 4,999 employees',
          '10,000 or more employees'], i, 'so size') AS "OrgSize",
    favour(countries, i, 'so country') AS "Country",
    favour(['USD United States dollar', 'EUR European Euro', 'INR Indian rupee', 'GBP Pound sterling'], i, 'so currency') AS "Currency",
    favour(languages, i, 'so lang 1') || ';' || pick(languages, i, 'so lang 2') || ';' || pick(languages, i, 'so lang 3') AS "LanguageHaveWorkedWith",
    pick(languages, i, 'so wish 1') || ';' || pick(languages, i, 'so wish 2') AS "LanguageWantToWorkWith",
    favour(databases, i, 'so db 1') || ';' || pick(databases, i, 'so db 2') AS "DatabaseHaveWorkedWith",
    pick(databases, i, 'so dbwish') AS "DatabaseWantToWorkWith",
    favour(['Reading docs', 'Multiple times per week', 'Daily or almost daily', 'A few times per month or weekly'], i, 'so visit') AS "SOVisitFreq",
    CASE WHEN unit(i, 'so told') < 0.6 THEN (18000 + exp(unit(i, 'so pay') * 3) * 9000)::BIGINT END AS "CompTotal",
    CASE WHEN unit(i, 'so told') < 0.6 THEN (18000 + exp(unit(i, 'so pay') * 3) * 9000)::BIGINT END AS "ConvertedCompYearly",
    survey_year::VARCHAR AS year
FROM people, lists
ORDER BY i;

CREATE TABLE stackoverflow_survey.survey_schemas AS
SELECT * FROM (VALUES
    ('ResponseId', 'Randomized respondent number (not in order of survey response time)', 'TE', '2024'),
    ('MainBranch', 'Which of the following options best describes you today?', 'MC', '2024'),
    ('Age', 'What is your age?', 'MC', '2024'),
    ('Employment', 'Which of the following best describes your current employment status?', 'MC', '2024'),
    ('RemoteWork', 'Which best describes your current work situation?', 'MC', '2024'),
    ('EdLevel', 'Which of the following best describes the highest level of formal education that you have completed?', 'MC', '2024'),
    ('Country', 'Where do you live?', 'MC', '2024'),
    ('LanguageHaveWorkedWith', 'Which programming languages have you done extensive development work in over the past year?', 'Matrix', '2024'),
    ('DatabaseHaveWorkedWith', 'Which database environments have you done extensive development work in over the past year?', 'Matrix', '2024'))
    AS t(qname, question, type, year);

-- ---------------------------------------------------------------------------------------------------------
CREATE SCHEMA who;

CREATE TABLE who.ambient_air_quality AS
WITH countries AS (
    SELECT * FROM (VALUES
        ('4_Eur', 'DEU', 'Germany', ['Berlin', 'Hamburg', 'Munich', 'Cologne', 'Leipzig', 'Stuttgart'], 51.0, 10.0, 11.0),
        ('4_Eur', 'FRA', 'France', ['Paris', 'Lyon', 'Marseille', 'Toulouse', 'Lille'], 46.5, 2.5, 12.0),
        ('4_Eur', 'GBR', 'United Kingdom of Great Britain and Northern Ireland', ['London', 'Manchester', 'Glasgow', 'Leeds', 'Cardiff'], 53.0, -1.5, 10.0),
        ('4_Eur', 'ITA', 'Italy', ['Milano', 'Roma', 'Torino', 'Napoli', 'Bologna'], 43.0, 11.5, 17.0),
        ('4_Eur', 'POL', 'Poland', ['Warszawa', 'Krakow', 'Wroclaw', 'Gdansk', 'Katowice'], 52.0, 19.0, 22.0),
        ('4_Eur', 'ESP', 'Spain', ['Madrid', 'Barcelona', 'Valencia', 'Sevilla', 'Bilbao'], 40.0, -3.5, 10.5),
        ('4_Eur', 'NLD', 'Netherlands', ['Amsterdam', 'Rotterdam', 'Utrecht', 'Eindhoven'], 52.1, 5.3, 11.5),
        ('4_Eur', 'SWE', 'Sweden', ['Stockholm', 'Goteborg', 'Malmo', 'Uppsala'], 60.0, 15.0, 6.0),
        ('4_Eur', 'TUR', 'Türkiye', ['Istanbul', 'Ankara', 'Izmir', 'Bursa'], 39.0, 35.0, 25.0),
        ('2_Amr', 'USA', 'United States of America', ['New York-Newark-Jersey City', 'Los Angeles-Long Beach-Anaheim', 'Chicago-Naperville-Elgin', 'Seattle-Tacoma-Bellevue', 'Denver-Aurora-Lakewood', 'Houston-The Woodlands-Sugar Land'], 38.0, -97.0, 8.5),
        ('2_Amr', 'CAN', 'Canada', ['Toronto', 'Vancouver', 'Montreal', 'Calgary', 'Halifax'], 50.0, -97.0, 7.0),
        ('2_Amr', 'MEX', 'Mexico', ['Mexico City', 'Guadalajara', 'Monterrey', 'Puebla'], 20.0, -100.0, 21.0),
        ('2_Amr', 'BRA', 'Brazil', ['Sao Paulo', 'Rio De Janeiro', 'Curitiba', 'Salvador'], -15.0, -48.0, 14.0),
        ('2_Amr', 'CHL', 'Chile', ['Santiago', 'Temuco', 'Valparaiso', 'Concepcion'], -33.5, -71.0, 24.0),
        ('3_Sear', 'IND', 'India', ['Delhi', 'Mumbai', 'Kolkata', 'Chennai', 'Bengaluru', 'Lucknow', 'Patna'], 22.0, 79.0, 62.0),
        ('3_Sear', 'THA', 'Thailand', ['Bangkok', 'Chiang Mai', 'Khon Kaen'], 15.0, 101.0, 24.0),
        ('3_Sear', 'BGD', 'Bangladesh', ['Dhaka', 'Chittagong', 'Khulna'], 24.0, 90.0, 76.0),
        ('3_Sear', 'IDN', 'Indonesia', ['Jakarta', 'Surabaya', 'Bandung'], -6.5, 107.0, 33.0),
        ('6_Wpr', 'CHN', 'China', ['Beijing', 'Shanghai', 'Guangzhou', 'Chengdu', 'Wuhan', 'Xian', 'Harbin'], 33.0, 113.0, 44.0),
        ('6_Wpr', 'JPN', 'Japan', ['Tokyo', 'Osaka', 'Nagoya', 'Sapporo', 'Fukuoka'], 36.0, 138.0, 11.5),
        ('6_Wpr', 'KOR', 'Republic of Korea', ['Seoul', 'Busan', 'Incheon', 'Daegu'], 36.5, 127.8, 23.0),
        ('6_Wpr', 'AUS', 'Australia', ['Sydney', 'Melbourne', 'Brisbane', 'Perth', 'Hobart'], -33.0, 149.0, 7.5),
        ('6_Wpr', 'MNG', 'Mongolia', ['Ulaanbaatar', 'Darkhan'], 47.9, 106.9, 55.0),
        ('1_Afr', 'ZAF', 'South Africa', ['Cape Town', 'Johannesburg', 'Durban', 'Pretoria'], -28.0, 26.0, 26.0),
        ('1_Afr', 'GHA', 'Ghana', ['Accra', 'Kumasi'], 6.0, -1.0, 38.0),
        ('1_Afr', 'KEN', 'Kenya', ['Nairobi', 'Mombasa'], -1.3, 36.8, 20.0),
        ('5_Emr', 'EGY', 'Egypt', ['Cairo', 'Alexandria'], 30.0, 31.2, 70.0),
        ('5_Emr', 'ARE', 'United Arab Emirates', ['Abu Dhabi', 'Dubai', 'Sharjah'], 24.4, 54.5, 45.0),
        ('5_Emr', 'PAK', 'Pakistan', ['Lahore', 'Karachi', 'Peshawar', 'Islamabad'], 31.0, 72.0, 78.0))
        AS t(who_region, iso3, country_name, cities, lat, lon, pm25)
),
cities AS (
    SELECT * EXCLUDE (cities), unnest(cities) AS town FROM countries
),
measured AS (
    SELECT *, town || iso3 || year::VARCHAR AS i,
           round(pm25 * (0.75 + unit(town, 'who city') * 0.5) * (1 - (year - 2010) * 0.02) * (0.93 + unit(town || year::VARCHAR, 'who year') * 0.14), 2) AS fine
    FROM cities, range(2010, 2022) AS y(year)
    WHERE unit(town || year::VARCHAR, 'who present') < 0.9 OR year = 2019
)
SELECT
    who_region,
    iso3,
    country_name,
    town || '/' || iso3 AS city,
    year::BIGINT AS year,
    'V' || pick(['4.0 (2022)', '5.0 (2022)', '6.0 (2023)'], i, 'who version') AS version,
    CASE WHEN unit(i, 'who pm10') < 0.93 THEN round(fine * (1.6 + unit(i, 'who coarse') * 0.5), 2) END::DOUBLE AS pm10_concentration,
    fine::DOUBLE AS pm25_concentration,
    CASE WHEN unit(i, 'who no2') < 0.85 THEN round(9 + unit(town, 'who traffic') * 28 + unit(i, 'who no2 year') * 4, 2) END::DOUBLE AS no2_concentration,
    CASE WHEN unit(i, 'who pm10') < 0.93 THEN round(80 + unit(i, 'who cover 10') * 20, 1) END::DOUBLE AS pm10_tempcov,
    round(78 + unit(i, 'who cover 25') * 22, 1)::DOUBLE AS pm25_tempcov,
    CASE WHEN unit(i, 'who no2') < 0.85 THEN round(82 + unit(i, 'who cover no2') * 18, 1) END::DOUBLE AS no2_tempcov,
    pick(['Urban', 'Urban, Traffic', 'Background', 'Urban, Suburban', 'Industrial'], town, 'who station') AS type_of_stations,
    pick(['National environment agency', 'OpenAQ.org', 'European Environment Agency (EEA)', 'Regional air quality network'], iso3, 'who source') AS reference,
    NULL::VARCHAR AS web_link,
    (90000 + exp(unit(town, 'who people') * 4.6) * 90000)::BIGINT AS population,
    'manual_5' AS population_source,
    round(lat + (unit(town, 'who lat') - 0.5) * 6, 4)::DOUBLE AS latitude,
    round(lon + (unit(town, 'who lon') - 0.5) * 6, 4)::DOUBLE AS longitude,
    1::BIGINT AS who_ms
FROM measured
ORDER BY who_region, iso3, town, year;

DROP MACRO unit;
DROP MACRO pick;
DROP MACRO favour;
