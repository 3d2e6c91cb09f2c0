using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using ChunkUpload.FaultLab.Run;

namespace ChunkUpload.FaultLab.Service;

/// <summary>
/// A ledger with uploads in it as an older version would have it: what the migrations behind the twelfth have made is taken out again. That
/// its schema is then the one of the first twelve alone is compared, and not believed.
/// </summary>
internal sealed class OlderLedger(LabRun run, OwnCluster cluster)
{
    public const int Newest = 12;

    private const string Schema = """
        select 'c', table_name, column_name, data_type, column_default, is_nullable from information_schema.columns where table_schema = 'chunkupload'
        union all select 'i', tablename, indexname, indexdef, '', '' from pg_indexes where schemaname = 'chunkupload'
        union all select 'k', c.conname, pg_get_constraintdef(c.oid), '', '', '' from pg_constraint c join pg_namespace n on n.oid = c.connamespace where n.nspname = 'chunkupload'
        union all select 'f', p.proname, md5(pg_get_functiondef(p.oid)), '', '', '' from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'chunkupload'
        order by 1, 2, 3, 4
        """;

    // As 0013 to 0026 have it the other way round; functions that these replaced come back from the migrations that had made them.
    private static readonly string[] Undo =
    [
        "drop table chunkupload.advice_steps, chunkupload.client_networks, chunkupload.ledger, chunkupload.volumes",
        "drop index chunkupload.uploads_damaged",
        "drop index chunkupload.uploads_joining",
        "drop function chunkupload.lift_quarantine",
        "drop function chunkupload.purge_uploads",
        """
        alter table chunkupload.uploads
            drop constraint uploads_check,
            add constraint uploads_check check (received_bytes >= 0 and received_bytes <= size),
            add constraint uploads_check1 check (placed_bytes between 0 and received_bytes),
            add constraint uploads_size_check check (size >= 0),
            add constraint uploads_protocol_check check (protocol in ('session', 'put', 'tus', 'ietf')),
            add constraint uploads_state_check check (state in ('open', 'paused', 'completing', 'completed', 'cancelled', 'expired', 'failed', 'deleted')),
            add constraint uploads_declared_sha256_check check (length(declared_sha256) = 32),
            add constraint uploads_sha256_check check (length(sha256) = 32)
        """,
        "drop function chunkupload.join_upload",
        "drop function chunkupload.create_stream",
        "drop function chunkupload.create_uploads, chunkupload.complete_streams, chunkupload.create_complete_streams",
        "drop function chunkupload.upload_seen",
        "drop function chunkupload.claim_stream",
        "drop function chunkupload.record_chunk",
        "drop function chunkupload.declare_upload",
        "drop function chunkupload.end_upload",
    ];

    private string Migrations => Path.Combine(run.Root, "db");

    /// <summary>Takes the database back, and the marker of the volume with it.</summary>
    public async Task MakeAsync(string database, string data, CancellationToken cancellationToken)
    {
        foreach (var statement in Undo)
            await TellAsync(database, statement, cancellationToken);
        await TellAsync(database, Replacing(Function("0002_incarnations.sql", "name_file")), cancellationToken);
        await TellAsync(database, Replacing(Function("0002_incarnations.sql", "tombstone_files")), cancellationToken);
        await TellAsync(database, Function("0003_chunks.sql", "record_chunk"), cancellationToken);
        await TellAsync(database, Function("0004_streams.sql", "claim_stream"), cancellationToken);
        await TellAsync(database, Replacing(Function("0004_streams.sql", "checkpoint_stream")), cancellationToken);
        await TellAsync(database, Replacing(Function("0005_states.sql", "create_upload")), cancellationToken);
        await TellAsync(database, Replacing(Function("0007_freeing.sql", "trim_history")), cancellationToken);
        await TellAsync(database, Replacing(Function("0008_health.sql", "settle_doubt")), cancellationToken);
        await TellAsync(database, Function("0005_states.sql", "declare_upload"), cancellationToken);
        await TellAsync(database, Function("0005_states.sql", "end_upload"), cancellationToken);
        await TellAsync(database, Function("0010_keeping.sql", "purge_uploads"), cancellationToken);
        await TellAsync(database, Function("0009_joining.sql", "join_upload"), cancellationToken);
        await TellAsync(database, $"delete from chunkupload.migrations where number > {Newest}", cancellationToken);

        var marker = Path.Combine(data, "volume.json");
        var json = JsonNode.Parse(await File.ReadAllTextAsync(marker, cancellationToken))!.AsObject();
        _ = json.Remove("ledger");
        await File.WriteAllTextAsync(marker, json.ToJsonString(), cancellationToken);

        _ = await cluster.AskAsync("create database oldest", cancellationToken);
        await TellAsync("oldest", "create schema chunkupload; create table chunkupload.migrations (number integer primary key, name text not null, checksum bytea not null, applied_at timestamptz not null default now())", cancellationToken);
        foreach (var file in Directory.GetFiles(Migrations, "*.sql").Order(StringComparer.Ordinal).Take(Newest))
            await TellAsync("oldest", await File.ReadAllTextAsync(file, cancellationToken), cancellationToken);
        var (wanted, made) = ((await cluster.AskAsync(Schema, cancellationToken, "oldest")).Output, (await cluster.AskAsync(Schema, cancellationToken, database)).Output);
        run.Check(wanted.Length > 1000 && wanted == made, $"the ledger that was taken back is not the one of the first {Newest} migrations");
        var (_, sums, _) = await cluster.AskAsync("select number, encode(checksum, 'hex') from chunkupload.migrations order by number", cancellationToken, database);
        run.Check(sums.Trim() == string.Join('\n', Directory.GetFiles(Migrations, "*.sql").Order(StringComparer.Ordinal).Take(Newest).Select((file, index) =>
            string.Create(CultureInfo.InvariantCulture, $"{index + 1}|{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))}"))), "the ledger that was taken back remembers other migrations");
    }

    private string Function(string file, string name)
    {
        var text = File.ReadAllText(Path.Combine(Migrations, file));
        var from = text.IndexOf($"create function {name}(", StringComparison.Ordinal);
        return text[from..(text.IndexOf("end $$;", from, StringComparison.Ordinal) + "end $$;".Length)];
    }

    private static string Replacing(string function) => function.Replace("create function", "create or replace function", StringComparison.Ordinal);

    private async Task TellAsync(string database, string sql, CancellationToken cancellationToken)
    {
        var (code, _, error) = await cluster.AskAsync("set search_path = chunkupload; " + sql, cancellationToken, database);
        if (code != 0)
            throw new LabException($"The older ledger could not be made: {error}");
    }
}
