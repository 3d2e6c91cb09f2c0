using System.Net.Http.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Events;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Functional.Events;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>The events of transfers, and their recipients.</summary>
public sealed class TransferEventTests(EventPlaces places) : IClassFixture<EventPlaces>, IAsyncLifetime
{
    private string _connection = null!;

    private TransferRig Rig => places.Rig.Google;

    private HttpClient Client => places.Client;

    public async Task InitializeAsync()
    {
        await places.EmptyAsync();
        _connection = await Rig.ConnectAsync(Client);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Its_owner_hears_each_change_of_its_state_and_its_progress_and_nothing_of_its_files()
    {
        await DriveExportTests.MakeTreeAsync(Client, 20);
        await using var stream = await SseReader.OpenAsync(Client, "/api/events");
        await stream.NextAsync();
        var held = Rig.Drive.Faults.Add(new FaultMatch { Method = "PUT", PathRegex = "upload_id", Nth = 4 }, FaultAction.Hold());
        var transfer = await StartAsync(await TransferRig.EntryAsync(Client, "tree"));
        await held.Reached;
        // A transfer that ends within a quarter of a second has no progress events.
        var heard = await UntilAsync(stream, transfer, "progress");
        await PostAsync(transfer, "pause");
        held.Release();
        await PostAsync(transfer, "resume");
        heard.AddRange(await UntilAsync(stream, transfer, "transfer_done"));
        Assert.Equal(
            ["transfer_created", "transfer_running", "transfer_paused", "transfer_running", "transfer_done"],
            heard.Where(one => one.Id is not null).Select(one => one.Name));

        var data = heard[^1].Json.GetProperty("data");
        Assert.Equal(("test", "done", 20), (
            data.GetProperty("label").GetString(), data.GetProperty("state").GetString(),
            data.GetProperty("files").GetProperty("done").GetInt32()));
        Assert.Equal("operator", heard[^1].Json.GetProperty("owner").GetString());
        Assert.Equal(["operator", "service", "operator", "operator", "service"], By());

        var progress = heard.Where(one => one.Name == "progress").Select(one => one.Json).ToList();
        Assert.NotEmpty(progress);
        Assert.All(progress, one =>
        {
            var (safe, sent) = (one.GetProperty("received").GetInt64(), one.GetProperty("sent").GetInt64());
            Assert.InRange(safe, 0, sent);
            Assert.Equal("test", one.GetProperty("name").GetString());
        });

        IEnumerable<string?> By() => heard.Where(one => one.Id is not null).Select(one => one.Json.GetProperty("by").GetString());
    }

    [Fact]
    public async Task It_says_when_it_needs_its_owner_and_when_it_goes_on()
    {
        var entry = await TransferRig.PutAsync(Client, "c.bin", TransferRig.Bytes(4, 700_000));
        await ApplyAsync(new { kind = "quota", bytes = 1000 });
        await using var stream = await SseReader.OpenAsync(Client, "/api/events");
        await stream.NextAsync();
        var transfer = await StartAsync(entry);
        var needs = (await UntilAsync(stream, transfer, "transfer_needs_owner"))[^1].Json.GetProperty("data");
        Assert.Equal("quota", needs.GetProperty("wait").GetString());
        Assert.False(string.IsNullOrEmpty(needs.GetProperty("reason").GetString()));
        await ApplyAsync(new { kind = "quota", bytes = 10_000_000 });
        await PostAsync(transfer, "resume");
        var rest = await UntilAsync(stream, transfer, "transfer_done");
        Assert.Equal(["transfer_running", "transfer_done"], rest.Where(one => one.Id is not null).Select(one => one.Name));
    }

    [Fact]
    public async Task A_wait_of_moments_is_told_to_nobody()
    {
        var entry = await TransferRig.PutAsync(Client, "w.bin", TransferRig.Bytes(5, 700_000));
        Rig.Drive.Faults.Add(
            new FaultMatch { Method = "PUT", PathRegex = "upload_id", Times = 3 }, FaultAction.Status(429, "rateLimitExceeded"));
        var transfer = await StartAsync(entry);
        await TransferRig.UntilAsync(Client, transfer, "done");
        await using var database = new NpgsqlConnection(places.Service.ConnectionString);
        Assert.Equal(
            ["transfer_created", "transfer_running", "transfer_done"],
            await database.QueryAsync<string>(
                "select kind from events where topic_kind = 'transfer' and topic_id = @transfer order by xid, id", new { transfer }));
    }

    [Fact]
    public async Task Admins_hear_it_and_other_users_and_callers_without_its_scope_do_not()
    {
        var people = new TestPeople(places.Service);
        using var admin = await people.ClientAsync(await people.UserAsync("ada", Role.Admin));
        var ben = await people.UserAsync("ben", Role.Member);
        using var other = await people.ClientAsync(ben);
        using var blind = await people.ClientAsync(await people.UserAsync("eve", Role.Admin), scopes: Scopes.All & ~Scopes.Transfers);
        await using var seeing = await SseReader.OpenAsync(admin, "/api/events?scope=tenant");
        await using var own = await SseReader.OpenAsync(other, "/api/events");
        await using var without = await SseReader.OpenAsync(blind, "/api/events?scope=tenant");
        foreach (var stream in new[] { seeing, own, without })
            Assert.Equal("welcome", (await stream.NextAsync()).Name);
        var entry = await TransferRig.PutAsync(Client, "h.bin", TransferRig.Bytes(6, 700_000));
        var transfer = await StartAsync(entry);
        _ = await UntilAsync(seeing, transfer, "transfer_done");

        // Each hears what comes later, and had heard nothing of the transfer before.
        _ = await TransferRig.PutAsync(other, "later.bin", [1]);
        foreach (var stream in new[] { own, without })
        {
            SseEvent next;
            do
            {
                next = await stream.NextAsync();
                Assert.NotEqual(TopicKinds.Transfer, next.Json.GetProperty("topic").GetProperty("kind").GetString());
            }
            while (next.Json.GetProperty("owner").GetString() != ben.Subject || next.Name != "completed");
        }
    }

    [Fact]
    public async Task A_single_one_is_followed_by_those_who_see_it()
    {
        var people = new TestPeople(places.Service);
        using var other = await people.ClientAsync(await people.UserAsync("cid", Role.Member));
        var entry = await TransferRig.PutAsync(Client, "i.bin", TransferRig.Bytes(7, 700_000));
        var transfer = await StartAsync(entry);
        var topics = places.Service.Services.GetServices<ITopicRights>().Single(one => one.Kind == TopicKinds.Transfer);
        var theirs = await CallerOfAsync(other);
        Assert.Null(await topics.FindAsync(theirs, [transfer], default));
        Assert.Null(await topics.FindAsync(theirs with { SeesAll = true, Scopes = Scopes.All & ~Scopes.Transfers }, [transfer], default));
        Assert.Equal(
            [new Topic(TopicKinds.Transfer, transfer)], await topics.FindAsync(theirs with { SeesAll = true }, [transfer], default));
    }

    private async Task<Caller> CallerOfAsync(HttpClient client)
    {
        var secret = client.DefaultRequestHeaders.Authorization!.Parameter!;
        return (await places.Service.Services.GetRequiredService<Credentials>().OfKeyAsync(secret, default))!;
    }

    /// <summary>Returns the events of a transfer until an event of this kind.</summary>
    private static async Task<List<SseEvent>> UntilAsync(SseReader stream, string transfer, string kind)
    {
        var heard = new List<SseEvent>();
        while (true)
        {
            var one = await stream.NextAsync();
            if (!one.Json.TryGetProperty("topic", out var topic) || topic.GetProperty("id").GetString() != transfer)
                continue;
            heard.Add(one);
            if (one.Name == kind)
                return heard;
        }
    }

    private async Task<string> StartAsync(string item) =>
        (await TransferRig.TransferAsync(Client, _connection, null, item)).GetProperty("id").GetString()!;

    private async Task PostAsync(string transfer, string what)
    {
        using var answer = await Client.PostAsync($"/api/transfers/{transfer}/{what}", null);
        await TransferRig.ReadAsync(answer, 200);
    }

    private async Task ApplyAsync(object action)
    {
        using var client = new HttpClient();
        using var answer = await client.PostAsJsonAsync($"{Rig.Drive.Address}/_control/fault", new { action });
        Assert.True(answer.IsSuccessStatusCode);
    }
}

/// <summary>A full destination is left alone for so long that nothing but its owner ends the wait.</summary>
public sealed class EventPlaces : TransferPlaces
{
    internal override IReadOnlyDictionary<string, string> Settings { get; } =
        new Dictionary<string, string> { ["Transfers:FullPause"] = "01:00:00" };
}
