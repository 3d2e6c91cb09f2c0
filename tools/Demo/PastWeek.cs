using System.Globalization;
using System.Text.Json;
using ChunkUpload.Core.Statistics;
using Npgsql;

namespace ChunkUpload.Demo;

/// <summary>
/// Fills the ledger as if the service had run for eight days: ended uploads, figures, runs of jobs, networks, a webhook that was paused.
/// The API cannot create a past, so these rows are written directly.
/// </summary>
internal static class PastWeek
{
    private const int Days = 8;
    private const int Seed = 20_261_116;
    private const long Mebibyte = 1 << 20;

    private static readonly JsonSerializerOptions Names = new(JsonSerializerDefaults.General);

    private static readonly string[] Files =
    [
        "line-{0}_sonar.xtf", "line-{0}_sidescan.jsf", "multibeam_{0}.all", "dive-{0}.mov", "mosaic_{0}.tif", "IMG_{0}.jpg",
        "tide_{0}.csv",
    ];

    private static readonly (string Class, double Rate, double Breaks)[] Networks =
    [
        ("fast, steady", 9e6, 0.05), ("fast, unsteady", 3e6, 1), ("medium, steady", 7e5, 0.3), ("medium, unsteady", 5e5, 3),
        ("medium, unstable", 3e5, 9), ("slow, unstable", 6e4, 12),
    ];

    // Kept for documentation and measuring: no real client has them.
    private static readonly string[] Addresses = ["198.18.12", "198.18.37", "198.18.90", "198.19.4", "198.19.51", "198.19.77"];

    private static readonly string[] Causes = ["disconnect", "disconnect", "disconnect", "idle", "taken-over", "digest"];

    private sealed record Figure(DateTimeOffset At, string Kind, string Name, long Value);

    public static async Task WriteAsync(string connectionString, IReadOnlyList<Caller> people, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnectionStringBuilder(connectionString) { SearchPath = "chunkupload, chunkupload_functions" };
        await using var source = NpgsqlDataSource.Create(connection);
        var now = TimeProvider.System.GetUtcNow();
        var random = new Random(Seed);
        var figures = new List<Figure>();
        await using (var batch = source.CreateBatch())
        {
            for (var at = now.AddDays(-Days); at < now.AddMinutes(-2); at = at.AddMinutes(2 + (random.NextDouble() * 26 / Busy(at))))
                AddUpload(batch, figures, random, people, at);
            AddJobRuns(batch, random, now);
            AddNetworks(batch, random, people, now);
            AddDeliveries(batch);
            // They are due to be read again.
            batch.BatchCommands.Add(new("update uploads set checked_at = now() - interval '60 days' where state = 'completed'"));
            _ = await batch.ExecuteNonQueryAsync(cancellationToken);
        }

        await using var counted = source.CreateCommand("select add_statistics($1::json)");
        _ = counted.Parameters.Add(new NpgsqlParameter { Value = Json(figures) });
        _ = await counted.ExecuteNonQueryAsync(cancellationToken);
    }

    private static string Json(IEnumerable<Figure> figures) => JsonSerializer.Serialize(
        figures.GroupBy(one => (At: Minute(one.At), one.Kind, one.Name)).Select(same => new
        {
            tenant = "default",
            at = same.Key.At,
            kind = same.Key.Kind,
            name = same.Key.Name,
            value = same.Sum(one => one.Value),
        }), Names);

    private static DateTimeOffset Minute(DateTimeOffset at) => new(at.UtcTicks - (at.UtcTicks % TimeSpan.TicksPerMinute), TimeSpan.Zero);

    /// <summary>More is sent by day, and little at the weekend.</summary>
    private static double Busy(DateTimeOffset at) =>
        (at.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday ? 0.5 : 1) * (1.2 - Math.Cos((at.TimeOfDay.TotalHours - 3) * Math.PI / 12));

    private static void AddUpload(
        NpgsqlBatch batch, List<Figure> figures, Random random, IReadOnlyList<Caller> people, DateTimeOffset ended)
    {
        var (network, usual, breaks) = Networks[(int)(random.NextDouble() * random.NextDouble() * Networks.Length)];
        var file = string.Format(CultureInfo.InvariantCulture, Files[random.Next(Files.Length)], random.Next(1000, 9999));
        var size = (long)(Mebibyte * Math.Exp(random.NextDouble() * Math.Log(usual / 4e3)));
        var rate = usual * (0.4 + random.NextDouble());
        var took = TimeSpan.FromSeconds(Math.Max(0.2, size / rate));
        var cuts = Poisson(random, breaks * Math.Min(1, took.TotalMinutes / 5));
        var roll = random.NextDouble();
        var state = roll < 0.955 ? "completed" : roll < 0.975 ? "cancelled" : roll < 0.99 ? "expired" : "failed";
        var reason = state switch
        {
            "failed" => "the bytes are not those of the declared SHA-256",
            "expired" => "no byte came for a day",
            _ => null,
        };
        var received = state == "completed" ? size : (long)(size * random.NextDouble());
        var saved = state == "completed" ? cuts * (long)(random.NextDouble() * Math.Min(size / 4, 8 * Mebibyte)) : 0;
        var causes = Enumerable.Range(0, cuts).GroupBy(_ => Causes[random.Next(Causes.Length)])
            .ToDictionary(one => one.Key, one => one.Count());
        var chunk = Mebibyte << random.Next(0, 5);
        var protocol = random.Next(10) switch { < 6 => "session", < 8 => "put", 8 => "tus", _ => "ietf" };
        var command = new NpgsqlBatchCommand("""
            insert into finished_uploads (
                upload_id, tenant, subject, protocol, state, reason, file_name, size, received, began_at, ended_at, attempts, cuts,
                takeovers, saved, causes, network, chunk_size, concurrency, limited_by)
            values ($1, 'default', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15::jsonb, $16, $17, $18, $19)
            """);
        object?[] values =
        [
            Guid.NewGuid(), people[random.Next(people.Count)].Subject, protocol, state, reason, file, size, received, ended - took, ended,
            (received / chunk) + 1 + cuts, (long)cuts, (long)causes.GetValueOrDefault("taken-over"), saved,
            JsonSerializer.Serialize(causes), network, chunk, cuts > 2 ? 2 : 4, cuts > 2 ? "failure-rate" : "throughput",
        ];
        foreach (var value in values)
            _ = command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        batch.BatchCommands.Add(command);

        Count("sum", state, 1);
        Count("sum", "bytes", received);
        Count("sum", "cuts", cuts);
        Count("sum", "saved", saved);
        Count("network", network, 1);
        foreach (var (cause, count) in causes)
            Count("cut", cause, count);
        if (state is "failed" or "expired")
            Count("failure", reason!, 1);
        if (state == "completed")
        {
            Count("duration", Bucket(took.TotalMilliseconds), 1);
            Count("speed", Bucket(received / took.TotalSeconds), 1);
        }

        // Bytes count in the minutes in which they came.
        figures.Add(new(ended - took, "sum", "begun", 1));
        var minutes = (int)took.TotalMinutes + 1;
        for (var minute = 0; minute < minutes; minute++)
            figures.Add(new(ended.AddMinutes(-minute), "received", protocol, received / minutes));

        void Count(string kind, string name, long value) => figures.Add(new(ended, kind, name, value));
    }

    private static string Bucket(double value) => Histogram.BucketOf(value).ToString(CultureInfo.InvariantCulture);

    private static int Poisson(Random random, double mean)
    {
        var (count, left) = (0, Math.Exp(-mean));
        for (var product = random.NextDouble(); product > left; product *= random.NextDouble())
            count++;
        return count;
    }

    private static void AddJobRuns(NpgsqlBatch batch, Random random, DateTimeOffset now)
    {
        foreach (var (job, every, milliseconds, summary, counts) in ((string, TimeSpan, double, string, string)[])
            [("finish-pending", TimeSpan.FromHours(1), 40, "Nothing was pending.", "{}"),
                ("purge-stale-sessions", TimeSpan.FromHours(1), 310, "3 uploads ended.", """{"ended":3}"""),
                ("sweep-orphans", TimeSpan.FromHours(6), 5_200, "No orphan was found.", "{}"),
                ("scrub-files", TimeSpan.FromDays(1), 184_000, "3,114 files are whole.", """{"files":3114}"""),
                ("trim-history", TimeSpan.FromDays(1), 2_100, "4,210 rows were removed.", """{"rows":4210}"""),
                ("remove-tenants", TimeSpan.FromHours(1), 30, "No tenant was removed.", "{}"),
                ("move-between-spaces", TimeSpan.FromMinutes(5), 9, "Nothing was left to move.", "{}"),
                ("roll-up-statistics", TimeSpan.FromMinutes(5), 60, "5 uploads ended.", """{"uploads":5}""")])
        {
            for (var at = now.AddMinutes(-25) - (14 * every); at < now; at += every)
            {
                // The jobs that run when the service starts have succeeded since.
                var failed = job == "trim-history" && at > now.AddHours(-1);
                var command = new NpgsqlBatchCommand("""
                    insert into job_runs (
                        job, by_hand, node, asked_at, started_at, ended_at, duration_ms, outcome, summary, counts, error)
                    select $1, false, s.id::text, $2, $2, $2 + make_interval(secs => $3 / 1000), $3, $4, $5, $6::json, $7
                    from (select gen_random_uuid() as id) s
                    """);
                object[] values =
                [
                    job, at, milliseconds * (0.7 + (random.NextDouble() * 0.6)), failed ? "failed" : "succeeded",
                    failed ? "It was not finished." : summary, failed ? "{}" : counts,
                    failed ? "No room for the log: 1.20 GiB needed, 640 MiB free. Free 560 MiB, then run it again." : DBNull.Value,
                ];
                foreach (var value in values)
                    _ = command.Parameters.Add(new NpgsqlParameter { Value = value });
                batch.BatchCommands.Add(command);
            }
        }
    }

    private static void AddDeliveries(NpgsqlBatch batch)
    {
        batch.BatchCommands.Add(new("update webhooks set created_at = now() - interval '9 days'"));
        batch.BatchCommands.Add(new("""
            update webhooks set failing_since = now() - interval '4 days', paused_at = now() - interval '1 day'
            where title = 'Mail to the office'
            """));
        // The last uploads of each webhook's time: one takes all of them, the other has given up those of its last days.
        batch.BatchCommands.Add(new("""
            insert into webhook_deliveries (webhook, kind, event, state, attempts, made_at, sent_at, took_ms, status, answer)
            select w.id, 'completed',
                   json_build_object('at', f.ended_at, 'kind', 'completed', 'owner', f.subject, 'by', f.subject,
                                     'data', json_build_object('size', f.size),
                                     'upload', json_build_object('id', translate(f.upload_id::text, '-', ''), 'name', f.file_name,
                                                                 'protocol', f.protocol, 'size', f.size, 'received', f.received)),
                   case when down then 'failed' else 'delivered' end, case when down then 30 else 1 end, f.ended_at,
                   f.ended_at + case when down then interval '23 hours' else interval '1 second' end, 20 + f.received % 90,
                   case when down then 503 else 200 end, case when down then 'The mail server does not answer.' else 'taken' end
            from webhooks w
            cross join lateral (
                select * from finished_uploads u
                where u.state = 'completed' and u.ended_at < coalesce(w.paused_at, now()) - interval '1 hour'
                order by u.ended_at desc limit 60) f
            cross join lateral (select f.ended_at > w.failing_since is true as down) d
            order by f.ended_at
            """));
    }

    private static void AddNetworks(NpgsqlBatch batch, Random random, IReadOnlyList<Caller> people, DateTimeOffset now)
    {
        for (var i = 0; i < Networks.Length; i++)
        {
            var (network, rate, breaks) = Networks[i];
            // Seconds between two breaks decide the second word of the class.
            var between = network.EndsWith("unstable", StringComparison.Ordinal) ? 12
                : network.EndsWith("unsteady", StringComparison.Ordinal) ? 90 : 4_000;
            var drops = network.EndsWith(" steady", StringComparison.Ordinal) ? 0 : 20;
            var exposure = drops * between;
            var requests = random.Next(400, 9000);
            // In the order of the ledger's column.
            double[] figures =
            [
                rate * 4, 4, rate * 12, 12, rate * rate * 12 * 1.05, 0.02 + (random.NextDouble() * 0.3), drops * 0.6, drops, exposure, 0,
                rate * 400, 8 * Mebibyte, 0.02 * breaks, 3600,
            ];
            var command = new NpgsqlBatchCommand("""
                insert into client_networks (
                    tenant, subject, network, first_seen_at, seen_at, uploaded, requests, failures, figures)
                values ('default', $1, $2, $3, $4, $5, $6, $7, $8)
                on conflict do nothing
                """);
            object[] values =
            [
                people[i % people.Count].Subject, $"{Addresses[i]}.0/24",
                now.AddDays(-Days + (i * 0.7)), now.AddHours(-i * 5), (long)(rate * requests * 3), (long)requests,
                (long)(requests * 0.01 * breaks), figures,
            ];
            foreach (var value in values)
                _ = command.Parameters.Add(new NpgsqlParameter { Value = value });
            batch.BatchCommands.Add(command);
        }
    }
}
