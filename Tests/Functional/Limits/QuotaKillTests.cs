using System.Collections.Concurrent;
using System.Globalization;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Limits;

/// <summary>
/// Clients of all protocols create uploads at once, many more than the limits of the tenant, of two users and of three links allow, while
/// the service is killed again and again. At every moment the ledger is within all limits, and every counter is what the uploads take up.
/// </summary>
[Trait("Runs", "release")]
public sealed class QuotaKillTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IDisposable
{
    // Before a release ./tools/check --all asks for more.
    private static readonly int Rounds =
        int.TryParse(Environment.GetEnvironmentVariable("CHUNKUPLOAD_QUOTA_ROUNDS"), CultureInfo.InvariantCulture, out var given)
            ? given
            : 3;

    private const int Requests = 200;

    private readonly TempFolder _folder = new TempFolder().Passable();
    // Each acknowledged upload, and whether it stays.
    private readonly ConcurrentDictionary<Guid, bool> _acknowledged = [];
    private string _database = "";

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task No_limit_is_exceeded_by_one_byte_by_200_creations_at_once_wherever_the_service_is_killed()
    {
        _database = await postgres.CreateDatabaseAsync();
        var environment = new Dictionary<string, string> { ["CHUNKUPLOAD__CONNECTIONSTRINGS__LEDGER"] = _database };
        QuotaParties? parties = null;
        for (var round = 0; round < Rounds; round++)
        {
            await using var service = await ServiceProcess.StartAsync(_folder["data"], environment: environment);
            parties ??= await QuotaParties.MakeAsync(service);
            await AssertWithinAsync(parties);
            await EmptyAsync(service, parties);
            await WorkAsync(service, parties, new Random(round), kill: round < Rounds - 1);
            await AssertWithinAsync(parties);
            if (round == Rounds - 1)
                await AssertExactAsync(service, parties);
        }

        await using var fsck = ServiceProcess.Launch(_folder["data"], ["fsck", "--deep", $"--ConnectionStrings:Ledger={_database}"]);
        Assert.True(await fsck.ExitCodeAsync() == 0, fsck.Output);
    }

    /// <summary>Sends all requests at once. With <paramref name="kill"/>, the service ends in the middle of them.</summary>
    private async Task WorkAsync(ServiceProcess service, QuotaParties parties, Random random, bool kill)
    {
        var before = _acknowledged.Count;
        var after = random.Next(3, 20);
        using var clients = parties.Connect(service);
        var working = Task.WhenAll(Enumerable.Range(0, Requests).Select(number => OneAsync(clients, number, random.Next())));
        while (!working.IsCompleted && (!kill || _acknowledged.Count < before + after))
        {
            await AssertWithinAsync(parties);
            await Task.Delay(20);
        }

        if (kill)
            await service.Kill9Async();
        await working;
        Assert.True(_acknowledged.Count > before, "Nothing was created.");
    }

    private async Task OneAsync(QuotaClients clients, int number, int seed)
    {
        try
        {
            if (await clients.CreateAsync(number, new Random(seed)) is not { } upload)
                return;
            // Some of them make room again.
            var stays = seed % 4 != 0 || upload.Cancel is null;
            _acknowledged[upload.Id] = stays;
            if (!stays)
                await upload.Cancel!();
        }
        catch (Exception reason) when (reason is HttpRequestException or IOException)
        {
            // Killed.
        }
    }

    /// <summary>Checks that the uploads are within the limits, equal the counters, and include all acknowledged ones.</summary>
    private async Task AssertWithinAsync(QuotaParties parties)
    {
        var acknowledged = _acknowledged.Where(one => one.Value).Select(one => one.Key).ToArray();
        await using var connection = await ConnectAsync();
        var used = (await connection.QueryAsync<(string Subject, long Bytes, long Files)>("""
            select s.subject, sum(counted_bytes(u))::bigint, sum(counted_files(u))::bigint
            from uploads u cross join lateral (values (u.subject), (u.maker)) s (subject)
            where s.subject is not null group by s.subject
            """)).AsList();
        var all = await AskAsync("select coalesce(sum(counted_bytes(u)), 0)::bigint from uploads u", null);
        Assert.True(all <= QuotaParties.TenantBytes, $"The tenant has {all} bytes.");
        Assert.All(used, one =>
        {
            var (bytes, files) = parties.LimitsOf(one.Subject);
            Assert.True(one.Bytes <= bytes && one.Files <= files, $"{one}");
        });
        Assert.Empty(await connection.QueryAsync("""
            select l.id from links l
            where l.bytes > l.max_bytes or l.files > l.max_files
                  or l.max_bytes < (select coalesce(sum(u.received_bytes) filter (where not u.is_part), 0) from uploads u
                                    join link_uploads r on r.upload = u.id and r.link = l.id)
            """));
        Assert.Empty(await connection.QueryAsync("select * from usage_faults()"));
        Assert.Empty(await connection.QueryAsync("select * from link_faults()"));
        Assert.Equal(acknowledged.Length, await connection.ExecuteScalarAsync<int>(
            "select count(*) from uploads where id = any (@acknowledged) and state in ('open', 'paused', 'completing', 'completed')",
            new { acknowledged }));
    }

    /// <summary>The last byte and the last file that the limits allow are taken, and not one more.</summary>
    private async Task AssertExactAsync(ServiceProcess service, QuotaParties parties)
    {
        using var clients = parties.Connect(service);
        await clients.DeleteAsync(await UploadsAsync("operator"));
        _acknowledged.Clear();
        foreach (var (party, used) in new[]
        {
            (QuotaParty.BytesUser, "select coalesce(sum(counted_bytes(u)), 0)::bigint from uploads u where @subject in (subject, maker)"),
            (QuotaParty.BytesLink, "select bytes from links where id = @link"),
        })
        {
            while (await clients.PutAsync(party, QuotaParties.Size) == 201)
            {
            }

            var left = parties.LimitsOf(parties.SubjectOf(party)).Bytes
                - await AskAsync(used, new { subject = parties.SubjectOf(party), link = parties.LinkOf(party) });
            Assert.Equal(413, await clients.PutAsync(party, left + 1));
            Assert.Equal(201, await clients.PutAsync(party, left));
            Assert.Equal(413, await clients.PutAsync(party, 1));
        }

        foreach (var party in new[] { QuotaParty.FilesUser, QuotaParty.FilesLink })
        {
            while (await clients.PutAsync(party, 1) == 201)
            {
            }

            var files = party == QuotaParty.FilesUser
                ? "select sum(counted_files(u)) from uploads u where subject = @subject"
                : "select files from links where id = @link";
            Assert.Equal(
                QuotaParties.Files, await AskAsync(files, new { subject = parties.SubjectOf(party), link = parties.LinkOf(party) }));
        }

        var room = QuotaParties.TenantBytes - await AskAsync("select sum(counted_bytes(u)) from uploads u", null);
        Assert.Equal(413, await clients.PutAsync(QuotaParty.Operator, room + 1));
        Assert.Equal(201, await clients.PutAsync(QuotaParty.Operator, room));
        Assert.Equal(413, await clients.PutAsync(QuotaParty.Operator, 1));
        await AssertWithinAsync(parties);
    }

    /// <summary>Makes room for the next round.</summary>
    private async Task EmptyAsync(ServiceProcess service, QuotaParties parties)
    {
        await parties.MakeLinksAsync(service);
        using var clients = parties.Connect(service);
        _acknowledged.Clear();
        await clients.DeleteAsync(await UploadsAsync(null));
    }

    /// <summary>What can be deleted: not what a request in one piece has left behind when the service was killed.</summary>
    private async Task<IEnumerable<(Guid, string, bool, bool)>> UploadsAsync(string? subject)
    {
        await using var connection = await ConnectAsync();
        return await connection.QueryAsync<(Guid, string, bool, bool)>(
            """
            select id, protocol, state = 'completed', is_part from uploads
            where (@subject is null or subject = @subject)
                  and (state = 'completed' or (state in ('open', 'paused', 'completing') and protocol <> 'put'))
            """, new { subject });
    }

    private async Task<long> AskAsync(string query, object? parameters)
    {
        await using var connection = await ConnectAsync();
        return await connection.ExecuteScalarAsync<long>(query, parameters);
    }

    private async Task<NpgsqlConnection> ConnectAsync()
    {
        var path = new NpgsqlConnectionStringBuilder(_database) { SearchPath = LedgerDatabase.SearchPath };
        var connection = new NpgsqlConnection(path.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }
}
