using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ChunkUpload.Tests.Functional.Api;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Dav;

/// <summary>
/// Two clients write, move and lock the same three places at once, while locks end. Every acknowledged content stays, and nothing that a
/// lock forbids happens.
/// </summary>
[Collection(FilesCollection.Name)]
public sealed class DavRaceTests(ApiFixture fixture)
{
    private static readonly string[] Names = ["x", "y", "z"];

    // tools/check --all asks for 1,000.
    private static readonly int Races =
        int.TryParse(Environment.GetEnvironmentVariable("CHUNKUPLOAD_DAV_RACES"), CultureInfo.InvariantCulture, out var given)
            ? given
            : 150;

    private readonly ConcurrentBag<string> _acknowledged = [];
    private int _contents;

    [Fact]
    public async Task No_acknowledged_content_is_lost_and_no_lock_is_broken()
    {
        var (service, root) = (fixture.Service, $"dav-{Guid.NewGuid():n}");
        await using var database = NpgsqlDataSource.Create(service.ConnectionString);
        using var first = new DavClient(service, root);
        using var second = new DavClient(service, root);
        await first.FolderAsync("");
        for (var race = 0; race < Races; race++)
        {
            var random = new Random(race);
            var name = Names[random.Next(Names.Length)];
            if (random.Next(2) == 0)
                await UnlockedAsync(random, first, second, name);
            else
                await LockedAsync(random, race, first, second, name, database);
        }

        await using var connection = await database.OpenConnectionAsync();
        var digests = _acknowledged.ToDictionary(text => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text))));
        var kept = await connection.QueryAsync<byte[]>(
            """
            select v.sha256 from entry_versions v join uploads u on u.id = v.upload
            where u.state = 'completed' and v.sha256 = any (@Digests)
            """,
            new { Digests = digests.Keys.Select(Convert.FromHexString).ToArray() });
        Assert.NotEmpty(digests);
        Assert.Empty(digests.Keys.Except(kept.Select(Convert.ToHexString)).Select(digest => digests[digest]));
    }

    /// <summary>Nobody holds a lock: both do what they like.</summary>
    private async Task UnlockedAsync(Random random, DavClient first, DavClient second, string name)
    {
        var acts = new[] { random.Next(3), random.Next(3) };
        var other = Names[random.Next(Names.Length)];
        await Task.WhenAll(ActAsync(first, acts[0], name, other, null), ActAsync(second, acts[1], name, other, null));
    }

    /// <summary>The first client holds a lock, and uses, ends or loses it; the second one has no token.</summary>
    private async Task LockedAsync(Random random, int race, DavClient first, DavClient second, string name, NpgsqlDataSource database)
    {
        using var answer = await first.SendAsync("LOCK", name, DavClient.Exclusive);
        Assert.True(answer.IsSuccessStatusCode, $"race {race}: {(int)answer.StatusCode}");
        var token = Assert.Single(answer.Headers.GetValues("Lock-Token")).Trim('<', '>');
        var act = random.Next(5);
        var owner = act switch
        {
            < 2 => ActAsync(first, act, name, name == "x" ? "y" : "x", token),
            2 => first.StatusAsync("UNLOCK", name, null, ("Lock-Token", $"<{token}>")),
            3 => EndAsync(database, token),
            _ => first.StatusAsync("LOCK", name, null, ("If", $"(<{token}>)")),
        };
        var foreign = await PutAsync(second, name, null);
        var status = await owner;
        // A request with the token may write; without it, the other subject may write only after the lock has ended.
        Assert.True(act is 2 or 3 ? foreign is 201 or 204 or 423 : foreign == 423, $"race {race}, act {act}: {foreign}");
        Assert.True(act == 3 || status is >= 200 and < 300, $"race {race}, act {act}: {status}");
        if (act is not (2 or 3))
            Assert.Equal(204, await first.StatusAsync("UNLOCK", name, null, ("Lock-Token", $"<{token}>")));
    }

    private Task<int> ActAsync(DavClient client, int act, string name, string other, string? token) => act switch
    {
        0 => PutAsync(client, name, token),
        1 => SaveAsync(client, name, token),
        _ => client.PutAtAsync("MOVE", other, name),
    };

    private async Task<int> PutAsync(DavClient client, string name, string? token)
    {
        var text = Next();
        var status = await client.StatusAsync("PUT", name, text, token is null ? [] : [("If", $"(<{token}>)")]);
        if (status is 201 or 204)
            _acknowledged.Add(text);
        return status;
    }

    /// <summary>Saves like an editor: writes another file, and moves it onto the saved one.</summary>
    private async Task<int> SaveAsync(DavClient client, string name, string? token)
    {
        var (text, beside) = (Next(), $"{name}.{Guid.NewGuid():n}");
        Assert.Equal(201, await client.StatusAsync("PUT", beside, text));
        _acknowledged.Add(text);
        return await client.PutAtAsync("MOVE", beside, name, token is null ? [] : [("If", $"<{client.Root}/{name}> (<{token}>)")]);
    }

    private static async Task<int> EndAsync(NpgsqlDataSource database, string token)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await connection.ExecuteAsync(
            "update dav_locks set expires_clock = -1 where token = @Token::uuid", new { Token = token["urn:uuid:".Length..] });
    }

    private string Next() => $"content {Guid.NewGuid()} {Interlocked.Increment(ref _contents)}";
}
