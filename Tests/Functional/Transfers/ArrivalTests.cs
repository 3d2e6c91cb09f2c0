using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Transfers;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Functional.Access;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>Files that are published below a folder are copied to a connection.</summary>
public sealed class ArrivalTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private TransferRig _rig = null!;
    private TestService _service = null!;
    private LinkClient _links = null!;
    private string _connection = null!;
    private string _folder = null!;

    private HttpClient Client => _service.Client;

    public async Task InitializeAsync()
    {
        _rig = await TransferRig.StartAsync();
        _service = await TestService.StartAsync(postgres, _rig.Settings);
        _links = new LinkClient(_service);
        _connection = await _rig.ConnectAsync(Client);
        await TransferRig.PutAsync(Client, "inbox/before.bin", [1]);
        _folder = await TransferRig.EntryAsync(Client, "inbox");
        Options.ArrivalRest = TimeSpan.FromMilliseconds(200);
    }

    public async Task DisposeAsync()
    {
        _links.Close();
        await _service.DisposeAsync();
        await _rig.DisposeAsync();
    }

    [Fact]
    public async Task What_arrives_below_the_folder_goes_on_in_one_transfer_with_its_folders()
    {
        Options.ArrivalRest = TimeSpan.FromSeconds(2);
        var id = await AddAsync();
        await TransferRig.PutAsync(Client, "inbox/2026/may/a.bin", TransferRig.Bytes(1, 400_000));
        await TransferRig.PutAsync(Client, "inbox/2026/may/b.bin", [2]);
        await TransferRig.PutAsync(Client, "inbox/c.bin", [3]);
        await TransferRig.PutAsync(Client, "elsewhere/d.bin", [4]);
        var transfer = await BegunAsync(id, 3);
        var done = await TransferRig.UntilAsync(Client, transfer, "done");
        Assert.Equal(3, done.GetProperty("files").GetProperty("all").GetInt64());
        Assert.Equal(id, done.GetProperty("schedule").GetString());
        Assert.Equal(["2026/may/a.bin", "2026/may/b.bin", "c.bin"], await PathsAsync());
        var schedule = await GetAsync(id);
        Assert.Equal(1, schedule.GetProperty("runs").GetInt64());
        Assert.Equal(transfer, schedule.GetProperty("lastRuns")[0].GetProperty("transfer").GetString());

        // A new content of a file arrives, too.
        Options.ArrivalRest = TimeSpan.Zero;
        using var content = new ByteArrayContent([5, 6]);
        using var replaced = await Client.PutAsync("/api/tree/inbox/c.bin?conflict=replace", content);
        Assert.True(replaced.IsSuccessStatusCode);
        await TransferRig.UntilAsync(Client, await BegunAsync(id, 4), "done");
        Assert.Equal("operator", (await ArrivalsAsync(id))[0].GetProperty("subject").GetString());
    }

    [Fact]
    public async Task Only_the_uploads_of_those_who_are_named_go_on()
    {
        var people = new TestPeople(_service);
        var bob = await people.UserAsync("bob", Role.Member);
        using var colleague = await people.ClientAsync(bob);
        var (meant, stranger) = (await LinkAsync(), await LinkAsync());
        var alone = await AddAsync();
        var open = await AddAsync(new { others = new[] { $"link:{meant.Id}", bob.Subject } });
        var links = await AddAsync(new { own = false, others = new[] { $"link:{meant.Id}" } });
        using (var one = await _links.PutAsync(meant, "meant.txt", "1"))
            Assert.Equal(201, (int)one.StatusCode);
        using (var two = await _links.PutAsync(stranger, "stranger.txt", "2"))
            Assert.Equal(201, (int)two.StatusCode);
        await TransferRig.PutAsync(colleague, "inbox/bob.txt", [3]);
        await TransferRig.PutAsync(Client, "inbox/mine.txt", [4]);

        // Arrivals are noted with the publication itself, so that there is nothing to wait for.
        Assert.Equal(["mine.txt"], await NamesAsync(alone));
        Assert.Equal(["bob.txt", "meant.txt", "mine.txt"], await NamesAsync(open));
        Assert.Equal(["meant.txt"], await NamesAsync(links));
        await BegunAsync(links, 1);
    }

    [Fact]
    public async Task Who_may_set_it_off_has_to_be_there()
    {
        foreach (var (arrival, says) in new (object, string)[]
        {
            (new { own = false }, "own, or others"), (new { others = new[] { "bob" } }, "subjects"),
            (new { others = new[] { $"link:{Guid.NewGuid():n}" } }, "is not there"),
        })
        {
            using var answer = await Client.PostAsJsonAsync("/api/schedules", Body(arrival));
            Assert.Contains(says, (await TransferRig.ReadAsync(answer, 400)).ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_circle_is_refused_and_two_schedules_make_none()
    {
        await TransferRig.PutAsync(Client, "inbox/below/before.bin", [1]);
        foreach (var target in new[] { _folder, await TransferRig.EntryAsync(Client, "inbox/below") })
        {
            using var answer = await Client.PostAsJsonAsync("/api/schedules", Body(destination: new { folder = target }));
            Assert.Contains("arrive again", (await TransferRig.ReadAsync(answer, 400)).ToString(), StringComparison.Ordinal);
        }

        await TransferRig.PutAsync(Client, "second/before.bin", [1]);
        var second = await TransferRig.EntryAsync(Client, "second");
        var there = await AddAsync(destination: new { folder = second });
        var back = await AddAsync(folder: second, destination: new { folder = _folder });
        await TransferRig.PutAsync(Client, "inbox/round.bin", [7]);
        await TransferRig.UntilAsync(Client, await BegunAsync(there, 1), "done");
        Assert.Equal([7], await Client.GetByteArrayAsync("/api/tree/second/round.bin"));
        Assert.Empty(await NamesAsync(back));
    }

    [Fact]
    public async Task What_a_transfer_brings_in_goes_on_unless_it_comes_from_where_it_would_go()
    {
        await TransferRig.PutAsync(Client, "out/x.bin", [8]);
        var made = await TransferRig.TransferAsync(Client, _connection, null, await TransferRig.EntryAsync(Client, "out"));
        await TransferRig.UntilAsync(Client, made.GetProperty("id").GetString()!, "done");
        var id = await AddAsync();
        var second = await _rig.ConnectAsync(Client);
        var other = await AddAsync(destination: new { connection = second, folder = "root" });
        var items = await Client.GetFromJsonAsync<JsonElement>($"/api/connections/{_connection}/items?folder=root");
        using var answer = await Client.PostAsJsonAsync("/api/transfers", new
        {
            source = new
            {
                connection = _connection,
                items = items.GetProperty("items").EnumerateArray().Select(one => one.GetProperty("id").GetString()).ToArray(),
            },
            destination = new { folder = _folder },
        });
        var import = (await TransferRig.ReadAsync(answer, 201)).GetProperty("id").GetString()!;
        await TransferRig.UntilAsync(Client, import, "done");
        Assert.Equal(["out/x.bin"], await NamesAsync(other));
        Assert.Empty(await NamesAsync(id));
    }

    [Fact]
    public async Task Who_has_left_a_space_learns_nothing_of_what_arrives_in_it()
    {
        var bob = await new TestPeople(_service).UserAsync("bob", Role.Member);
        using var colleague = await new TestPeople(_service).ClientAsync(bob);
        using var made = await Client.PostAsJsonAsync("/api/spaces", new { name = "Team" });
        var space = (await TransferRig.ReadAsync(made, 201)).GetProperty("id").GetString();
        var member = $"/api/spaces/{space}/members/{Uri.EscapeDataString(bob.Subject)}";
        await OkAsync(Client.PutAsJsonAsync(member, new { canChange = true }));
        await PutAsync("before.bin");
        var list = await Client.GetFromJsonAsync<JsonElement>($"/api/spaces/{space}/tree/");
        var folder = list.GetProperty("items")[0].GetProperty("id").GetString();
        var target = await OneDriveRig.MakeFolderAsync(colleague, "out");
        var id = await AddAsync(new { others = new[] { "operator" } }, folder, new { folder = target }, colleague);
        await PutAsync("seen.bin");
        Assert.Equal(["seen.bin"], await NamesAsync());

        await OkAsync(Client.DeleteAsync(member));
        await PutAsync("secret.bin");
        Assert.Empty(await NamesAsync());
        // It was not noted either.
        await OkAsync(Client.PutAsJsonAsync(member, new { canChange = false }));
        Assert.Equal(["seen.bin"], await NamesAsync());

        Task PutAsync(string name) =>
            OkAsync(Client.PutAsync($"/api/spaces/{space}/tree/in/{name}?parents=true", new ByteArrayContent([1])));

        async Task<IReadOnlyList<string>> NamesAsync()
        {
            var arrivals = await colleague.GetFromJsonAsync<JsonElement>($"/api/schedules/{id}/arrivals");
            return [.. arrivals.GetProperty("items").EnumerateArray().Select(one => one.GetProperty("path").GetString()!)];
        }

        static async Task OkAsync(Task<HttpResponseMessage> request)
        {
            using var answer = await request;
            Assert.True(answer.IsSuccessStatusCode, $"{(int)answer.StatusCode}");
        }
    }

    [Fact]
    public async Task Few_schedules_wait_for_one_folder()
    {
        string id = "";
        for (var i = 0; i < 16; i++)
            id = await AddAsync();
        using (var more = await Client.PostAsJsonAsync("/api/schedules", Body()))
            Assert.Equal("too_many_transfers", (await TransferRig.ReadAsync(more, 409)).GetProperty("code").GetString());
        await PatchAsync(id, new { enabled = false });
        var other = await AddAsync();
        using (var again = await Client.PatchAsJsonAsync($"/api/schedules/{id}", new { enabled = true }))
            Assert.Equal("too_many_transfers", (await TransferRig.ReadAsync(again, 409)).GetProperty("code").GetString());
        await PatchAsync(other, new { title = "still here" });
    }

    [Theory]
    [InlineData("disabled user")]
    [InlineData("suspended tenant")]
    public async Task What_arrived_waits_while_its_owner_may_not(string end)
    {
        const string tenant = "acme";
        await Service<IPeopleLedger>().AddTenantAsync(tenant, "Acme", default);
        var people = new TestPeople(_service);
        var ann = await people.UserAsync("ann", Role.Member, tenant);
        using var client = await people.ClientAsync(ann, tenant);
        var connection = new Connection(
            Guid.NewGuid(), tenant, ann.Subject, "google-drive", "Drive", null, ConnectionState.Ready, default, default);
        Assert.True(await Service<IConnectionLedger>().AddAsync(
            connection, new ConnectionSecret(SecretKind.RefreshToken, await _rig.SignInAsync(), null, null), 10, default));
        await TransferRig.PutAsync(client, "in/before.bin", [1]);
        var folder = await TransferRig.EntryAsync(client, "in");
        Options.ArrivalRest = TimeSpan.FromMinutes(1);
        var id = await AddAsync(null, folder, new { connection = connection.Id.ToString("n"), folder = "root" }, client);
        await TransferRig.PutAsync(client, "in/a.bin", [2]);
        await SetAsync(ended: true);
        var key = (await ScheduleAsync(id)).ApiKey;
        await Eventually.HoldsAsync(async () =>
            await Service<Credentials>().OfSubjectAsync(tenant, ann.Subject, key, default) is null);
        Options.ArrivalRest = TimeSpan.Zero;
        await WakeAsync(id);
        await Eventually.HoldsAsync(async () => (await ScheduleAsync(id)).LastResult == ScheduleResult.Refused);
        Assert.Contains("owner", (await ScheduleAsync(id)).LastReason, StringComparison.Ordinal);
        await SetAsync(ended: false);
        await WakeAsync(id);
        await Eventually.HoldsAsync(async () => (await ScheduleAsync(id)).LastState == TransferState.Done);
        Assert.Equal(["a.bin"], await PathsAsync());

        Task SetAsync(bool ended) => end switch
        {
            "disabled user" => Service<IPeopleLedger>().ChangeUserAsync(ann.Id, null, null, null, enabled: !ended, default),
            _ => Service<IPeopleLedger>().ChangeTenantAsync(tenant, null, suspended: ended, default),
        };
    }

    [Fact]
    public async Task What_is_gone_or_left_out_by_a_pattern_is_told_and_holds_nothing_back()
    {
        Options.ArrivalRest = TimeSpan.FromMinutes(1);
        var id = await AddAsync(options: new { exclude = new[] { "*.tmp", "drafts" } });
        await TransferRig.PutAsync(Client, "inbox/gone.bin", [1]);
        await TransferRig.PutAsync(Client, "inbox/drafts/d.bin", [1]);
        await TransferRig.PutAsync(Client, "inbox/x.tmp", [1]);
        await TransferRig.PutAsync(Client, "inbox/stays.bin", [1]);
        using (var removed = await Client.DeleteAsync("/api/tree/inbox/gone.bin"))
            Assert.True(removed.IsSuccessStatusCode);
        Options.ArrivalRest = TimeSpan.Zero;
        await WakeAsync(id);
        await AssertStatesAsync();
        await TransferRig.UntilAsync(Client, await BegunAsync(id, 1), "done");
        Assert.Equal(["stays.bin"], await PathsAsync());

        // The same after a kill between the transfer and the note of what became of them.
        await using (var database = new NpgsqlConnection(_service.ConnectionString))
        {
            _ = await database.ExecuteAsync(
                """
                update chunkupload.arrivals set state = 'waiting', reason = null;
                update chunkupload.arrivals set transfer = (select transfer from chunkupload.arrivals where path = 'stays.bin');
                """);
        }

        await WakeAsync(id);
        await AssertStatesAsync();
        Assert.Equal(["stays.bin"], await PathsAsync());

        async Task AssertStatesAsync()
        {
            await Eventually.HoldsAsync(async () =>
                (await ArrivalsAsync(id)).All(one => one.GetProperty("state").GetString() != "waiting"));
            Assert.Equal(
                [("drafts/d.bin", "left_out"), ("gone.bin", "left_out"), ("stays.bin", "begun"), ("x.tmp", "left_out")],
                (await ArrivalsAsync(id)).Select(one => (one.GetProperty("path").GetString()!, one.GetProperty("state").GetString()!))
                .Order());
        }
    }

    [Fact]
    public async Task No_transfer_has_more_than_so_many_and_nothing_is_left_behind()
    {
        Options.MostArrivals = 2;
        var held = _rig.Drive.Faults.Add(new FaultMatch { Method = "POST", PathRegex = "upload", Nth = 1 }, FaultAction.Hold());
        var id = await AddAsync();
        for (var i = 0; i < 5; i++)
            await TransferRig.PutAsync(Client, $"inbox/{i}.bin", [(byte)i]);
        await held.Reached;
        held.Release();
        await BegunAsync(id, 5);
        await Eventually.HoldsAsync(async () => (await PathsAsync()).Count == 5);
        var arrivals = await ArrivalsAsync(id);
        Assert.All(arrivals.GroupBy(one => one.GetProperty("transfer").GetString()), one => Assert.InRange(one.Count(), 1, 2));
    }

    [Fact]
    public async Task It_begins_neither_by_hand_nor_while_it_is_off_and_another_folder_can_be_chosen()
    {
        var id = await AddAsync();
        using (var run = await Client.PostAsync($"/api/schedules/{id}/run", null))
            Assert.Equal("begins_by_arrival", (await TransferRig.ReadAsync(run, 409)).GetProperty("code").GetString());
        await PatchAsync(id, new { enabled = false });
        await TransferRig.PutAsync(Client, "inbox/off.bin", [1]);
        await TransferRig.PutAsync(Client, "other/before.bin", [1]);
        var other = await TransferRig.EntryAsync(Client, "other");
        await PatchAsync(id, new
        {
            enabled = true,
            transfer = new { source = new { items = new[] { other } }, destination = new { connection = _connection, folder = "root" } },
        });
        await TransferRig.PutAsync(Client, "inbox/still.bin", [2]);
        await TransferRig.PutAsync(Client, "other/now.bin", [3]);
        Assert.Equal(["now.bin"], await NamesAsync(id));
        Assert.Equal(other, (await GetAsync(id)).GetProperty("arrival").GetProperty("folder").GetString());
        await PatchAsync(id, new { cron = "0 3 * * *" });
        Assert.Equal(JsonValueKind.Null, (await GetAsync(id)).GetProperty("arrival").ValueKind);
        using var removed = await Client.DeleteAsync($"/api/schedules/{id}");
        Assert.Equal(204, (int)removed.StatusCode);
    }

    private TransferEngineOptions Options => Service<TransferEngineOptions>();

    private T Service<T>()
        where T : notnull => _service.Services.GetRequiredService<T>();

    private Task<LinkClient.Link> LinkAsync() => _links.MakeAsync(new { kind = "upload", path = "inbox" });

    private object Body(object? arrival = null, string? folder = null, object? destination = null, object? options = null) => new
    {
        title = "inbox to Drive",
        arrival = arrival ?? new { },
        transfer = new
        {
            source = new { items = new[] { folder ?? _folder } },
            destination = destination ?? new { connection = _connection, folder = "root" },
            options,
        },
    };

    private async Task<string> AddAsync(
        object? arrival = null, string? folder = null, object? destination = null, HttpClient? client = null, object? options = null)
    {
        using var answer = await (client ?? Client).PostAsJsonAsync("/api/schedules", Body(arrival, folder, destination, options));
        return (await TransferRig.ReadAsync(answer, 201)).GetProperty("id").GetString()!;
    }

    private Task<JsonElement> GetAsync(string id) => Client.GetFromJsonAsync<JsonElement>($"/api/schedules/{id}");

    private async Task<TransferSchedule> ScheduleAsync(string id) =>
        (await Service<IScheduleLedger>().GetAsync(Guid.ParseExact(id, "N"), default))!;

    private async Task PatchAsync(string id, object change)
    {
        using var answer = await Client.PatchAsJsonAsync($"/api/schedules/{id}", change);
        await TransferRig.ReadAsync(answer, 200);
    }

    /// <summary>Ends the pause of what waits.</summary>
    private async Task WakeAsync(string id) =>
        await Service<IScheduleLedger>().SetAsync(await ScheduleAsync(id), "changed", 100, 100, default);

    private async Task<IReadOnlyList<JsonElement>> ArrivalsAsync(string id) =>
        [.. (await Client.GetFromJsonAsync<JsonElement>($"/api/schedules/{id}/arrivals")).GetProperty("items").EnumerateArray()];

    private async Task<IReadOnlyList<string>> NamesAsync(string id) =>
        [.. (await ArrivalsAsync(id)).Select(one => one.GetProperty("path").GetString()!).Order(StringComparer.Ordinal)];

    /// <summary>Waits until so many have begun, and returns the transfer of the newest.</summary>
    private async Task<string> BegunAsync(string id, int count)
    {
        await Eventually.HoldsAsync(async () =>
            (await ArrivalsAsync(id)).Count(one => one.GetProperty("state").GetString() == "begun") == count);
        return (await ArrivalsAsync(id)).First(one => one.GetProperty("state").GetString() == "begun").GetProperty("transfer").GetString()!;
    }

    private async Task<IReadOnlyList<string>> PathsAsync() =>
        [.. (await _rig.FilesAsync()).Select(file => file.Path).Order(StringComparer.Ordinal)];
}
