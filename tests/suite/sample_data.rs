//! `sample_data`: every query of the reference's pages and of PRODUCT's examples returns rows.

use harness::{Batch, Bind, Pintail, RawClient, raw};

const QUERIES: &[&str] = &[
    "SELECT title, score FROM sample_data.hn.hacker_news WHERE type = 'story' ORDER BY score DESC LIMIT 5",
    "SELECT title, score FROM sample_data.hn.hacker_news WHERE type='story' LIMIT 10",
    r#"SELECT id, title, score, "by", timestamp, type, text, url FROM sample_data.hn.hacker_news WHERE type = 'comment' LIMIT 3"#,
    "SELECT sum(passenger_count)::INTEGER AS total_passengers, round(sum(fare_amount), 2) AS total_fare FROM sample_data.nyc.taxi \
     WHERE tpep_pickup_datetime >= '2022-11-01' AND tpep_pickup_datetime < '2022-12-01'",
    r#"SELECT "VendorID", "RatecodeID", "PULocationID", "DOLocationID", payment_type, trip_distance, tip_amount, total_amount, tpep_dropoff_datetime
       FROM sample_data.nyc.taxi LIMIT 3"#,
    "SELECT DATE_TRUNC('day', tpep_pickup_datetime)::DATE::TEXT AS day, count(*) FROM sample_data.nyc.taxi GROUP BY ALL ORDER BY ALL LIMIT 3",
    "SELECT created_date, agency_name, complaint_type, descriptor, incident_address, incident_zip, resolution_description, landmark \
     FROM sample_data.nyc.service_requests WHERE created_date >= '2022-03-27' AND created_date <= '2022-03-31'",
    "SELECT count(*) FROM sample_data.nyc.rideshare WHERE trip_miles > 5 AND request_datetime >= '2022-11-01' HAVING count(*) > 0",
    "SELECT who_region, iso3, country_name, city, year, version, pm10_concentration, pm25_concentration, no2_concentration \
     FROM sample_data.who.ambient_air_quality WHERE year = 2019 AND city LIKE 'Berlin%'",
    "SELECT title, overview FROM sample_data.kaggle.movies LIMIT 5",
    r#"SELECT "Country", count(*) FROM sample_data.stackoverflow_survey.survey_results WHERE year = '2024' GROUP BY ALL LIMIT 3"#,
    "SELECT table_name FROM duckdb_tables() WHERE database_name = 'sample_data' AND schema_name = 'nyc'",
];

#[test]
fn the_examples_return_rows() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    for database in ["md:", "sample_data"] {
        let mut client = RawClient::connect(&pintail.target().database(database))?;
        for sql in QUERIES {
            let rows = client.rows(sql)?;
            assert!(!rows.is_empty() && rows[0].iter().any(Option::is_some), "{database}: {sql}");
        }
    }
    Ok(())
}

#[test]
fn the_examples_with_parameters_return_rows() -> anyhow::Result<()> {
    let pintail = Pintail::start()?;
    let mut client = RawClient::connect(&pintail.target().database("sample_data"))?;
    let text = |values: &[Option<&str>]| {
        values.iter().map(|value| value.map(|text| text.as_bytes().to_vec())).collect::<Vec<_>>()
    };
    for (sql, parameters, expected) in [
        (
            "SELECT sum(passenger_count)::INTEGER AS total_passengers, round(sum(fare_amount), 2) AS total_fare FROM nyc.taxi \
             WHERE tpep_pickup_datetime >= $1 AND tpep_pickup_datetime < $2",
            text(&[Some("2022-11-01"), Some("2022-12-01")]),
            "244618|2259560.2",
        ),
        (
            r#"SELECT count(*) FROM nyc.taxi WHERE $1::BIGINT IS NULL OR "PULocationID" = $1::BIGINT"#,
            text(&[None]),
            "99000",
        ),
        (
            "SELECT (DATE '2022-11-01' + ($1::INTEGER * INTERVAL '1 day'))::DATE::TEXT",
            text(&[Some("7")]),
            "2022-11-08",
        ),
    ] {
        let bind = Bind { parameters: &parameters, ..Bind::default() };
        client.send(&Batch::new().parse("", sql, &[]).bind(&bind).execute("", 0).sync())?;
        let answer = raw::lines(&client.until_ready()?);
        assert!(answer.contains(&format!("DataRow {expected}\n")), "{sql}: {answer}");
    }
    Ok(())
}

#[test]
fn every_start_makes_the_same_rows() -> anyhow::Result<()> {
    let pintail = Pintail::fresh()?;
    let mut client = RawClient::connect(&pintail.target().database("sample_data"))?;
    for (table, rows) in [
        ("hn.hacker_news", "30000"),
        ("nyc.taxi", "99000"),
        ("nyc.rideshare", "60000"),
        ("nyc.service_requests", "60000"),
        ("kaggle.movies", "972"),
        ("stackoverflow_survey.survey_results", "16000"),
        ("who.ambient_air_quality", "1331"),
    ] {
        assert_eq!(client.value(&format!("select count(*) from {table}"))?, rows, "{table}");
    }
    let best =
        client.value("SELECT title FROM hn.hacker_news WHERE type = 'story' ORDER BY score DESC LIMIT 1")?;
    assert_eq!(best, "How We Scaled E-Ink Displays, Part 2");
    Ok(())
}
