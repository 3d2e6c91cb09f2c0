using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Support;
using static ChunkUpload.Tests.Support.TransferPlaces;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>Transfers that remove at the source what has arrived, that only compare, and that take some of the files.</summary>
public sealed class TransferMoveTests(TransferPlaces places) : IClassFixture<TransferPlaces>, IAsyncLifetime
{
    private string _connection = null!;

    private OneDriveRig Rig => places.Rig;

    private HttpClient Client => places.Client;

    public async Task InitializeAsync()
    {
        await places.EmptyAsync();
        _connection = await Rig.Google.ConnectAsync(Client);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task What_is_moved_is_in_the_trash_of_its_source_with_its_folders()
    {
        _ = await TransferRig.PutAsync(Client, "box/a.bin", TransferRig.Bytes(1, 1000));
        _ = await TransferRig.PutAsync(Client, "box/deep/b.bin", TransferRig.Bytes(2, 2000));
        _ = await TransferRig.PutAsync(Client, "box/deep/left.tmp", TransferRig.Bytes(3, 300));
        _ = await TransferRig.PutAsync(Client, "box/empty/c.bin", TransferRig.Bytes(4, 400));
        var transfer = await StartAsync(new { move = true, exclude = new[] { "*.tmp" } }, await TransferRig.EntryAsync(Client, "box"));
        await places.DoneAsync(transfer);
        Assert.Equal(
            ["box/a.bin", "box/deep/b.bin", "box/empty/c.bin"], (await Rig.Google.FilesAsync()).Select(file => file.Path).Order());
        // Items that were left out keep their parent folders.
        Assert.Equal(["deep/left.tmp"], (await OneDriveRig.OwnFilesAsync(Client, "box")).Select(file => file.Path));
        using (var gone = await Client.GetAsync("/api/tree/box/empty/?format=json"))
            Assert.Equal(404, (int)gone.StatusCode);
        var items = (await places.ItemsAsync(transfer)).ToDictionary(item => item.GetProperty("path").GetString()!);
        Assert.All(["box/a.bin", "box/deep/b.bin", "box/empty/c.bin", "box/empty"], path => Assert.True(IsRemoved(items[path])));
        Assert.All(["box", "box/deep"], path =>
        {
            Assert.False(IsRemoved(items[path]));
            Assert.Contains("not empty", items[path].GetProperty("keptReason").GetString(), StringComparison.Ordinal);
        });
        var trash = await Client.GetStringAsync("/api/trash");
        Assert.Contains("a.bin", trash, StringComparison.Ordinal);
        Assert.Contains("b.bin", trash, StringComparison.Ordinal);
        Assert.Contains(",yes,", await Client.GetStringAsync($"/api/transfers/{transfer}/report"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_changes_after_it_was_copied_stays_until_another_move()
    {
        var (one, two, later) = (TransferRig.Bytes(5, 5000), TransferRig.Bytes(6, 6000), TransferRig.Bytes(7, 7000));
        await Rig.SeedAsync(OneDriveRig.Ann, "from/one.bin", one);
        await Rig.SeedAsync(OneDriveRig.Ann, "from/two.bin", two);
        await Rig.SeedAsync(OneDriveRig.Ann, "from/also.bin", one);
        var source = await Rig.ConnectAsync(Client, OneDriveRig.Ann);
        var folder = await OneDriveRig.FindAsync(Client, source, "root", "from");
        // The first is removed while it changes, the second after it has changed.
        var held = Rig.Graph.Faults.Add(new FaultMatch { Method = "DELETE", PathRegex = "items" }, FaultAction.Hold());
        var transfer = await StartAsync(new { move = true, atOnce = 1 }, folder, source);
        await held.Reached;
        await Rig.SeedAsync(OneDriveRig.Ann, "from/also.bin", later);
        await Rig.SeedAsync(OneDriveRig.Ann, "from/one.bin", later);
        held.Release();
        await places.DoneAsync(transfer);
        Assert.Equal(
            [("from/also.bin", Sha256(one)), ("from/one.bin", Sha256(one)), ("from/two.bin", Sha256(two))],
            (await Rig.Google.FilesAsync()).Order());
        var left = await OneDriveRig.FilesAsync(Rig.DriveOf(OneDriveRig.Ann));
        Assert.Contains(("from/also.bin", Sha256(later)), left);
        Assert.Contains(("from/one.bin", Sha256(later)), left);
        Assert.DoesNotContain(left, file => file.Path == "from/two.bin");
        Assert.Equal(
            2, (await places.ItemsAsync(transfer)).Count(
                item => item.GetProperty("keptReason").GetString()?.Contains("changed after", StringComparison.Ordinal) == true));

        // Another move takes what has changed.
        await places.DoneAsync(await StartAsync(new { move = true, taken = "replace" }, folder, source));
        Assert.DoesNotContain(
            await OneDriveRig.FilesAsync(Rig.DriveOf(OneDriveRig.Ann)), file => file.Path.StartsWith("from/", StringComparison.Ordinal));
        Assert.Contains(("from/one.bin", Sha256(later)), await Rig.Google.FilesAsync());
    }

    [Fact]
    public async Task What_is_there_already_with_the_same_digest_has_arrived_and_other_files_stay()
    {
        _ = await TransferRig.PutAsync(Client, "box/same.bin", TransferRig.Bytes(1, 1000));
        _ = await TransferRig.PutAsync(Client, "box/other.bin", TransferRig.Bytes(2, 1000));
        var box = await TransferRig.EntryAsync(Client, "box");
        await places.DoneAsync(await StartAsync(new { }, box));
        using (var replaced = new ByteArrayContent(TransferRig.Bytes(3, 1000)))
        using (var answer = await Client.PutAsync("/api/tree/box/other.bin?conflict=replace", replaced))
            Assert.True(answer.IsSuccessStatusCode);
        await places.DoneAsync(await StartAsync(new { move = true, equal = "exists" }, box));
        // Both have a file of this name, and only one of them the same content.
        Assert.Equal(["other.bin"], (await OneDriveRig.OwnFilesAsync(Client, "box")).Select(file => file.Path));
    }

    [Fact]
    public async Task A_storage_that_fails_while_it_removes_is_asked_again()
    {
        var entry = await Rig.SeedAsync(OneDriveRig.Ben, "film.bin", TransferRig.Bytes(8, 8000));
        Assert.NotNull(entry);
        var source = await Rig.ConnectAsync(Client, OneDriveRig.Ben);
        var file = await OneDriveRig.FindAsync(Client, source, "root", "film.bin");
        Rig.Graph.Faults.Add(new FaultMatch { Method = "DELETE", PathRegex = "items", Nth = 1 }, FaultAction.Status(503));
        Rig.Graph.Faults.Add(new FaultMatch { Method = "DELETE", PathRegex = "items", Nth = 2 }, FaultAction.ResetBeforeReply());
        var transfer = await StartAsync(new { move = true }, file, source);
        await places.DoneAsync(transfer);
        Assert.True(IsRemoved(Assert.Single(await places.ItemsAsync(transfer))));
        Assert.DoesNotContain(await OneDriveRig.FilesAsync(Rig.DriveOf(OneDriveRig.Ben)), one => one.Path == "film.bin");
    }

    [Fact]
    public async Task Both_ends_are_compared_and_nothing_is_changed()
    {
        _ = await TransferRig.PutAsync(Client, "side/same.bin", TransferRig.Bytes(1, 1000));
        _ = await TransferRig.PutAsync(Client, "side/other.bin", TransferRig.Bytes(2, 2000));
        var folder = await TransferRig.EntryAsync(Client, "side");
        await places.DoneAsync(await StartAsync(new { }, folder));
        using (var replaced = new ByteArrayContent(TransferRig.Bytes(3, 3000)))
        using (var answer = await Client.PutAsync("/api/tree/side/other.bin?conflict=replace", replaced))
            Assert.True(answer.IsSuccessStatusCode);
        _ = await TransferRig.PutAsync(Client, "side/new.bin", TransferRig.Bytes(4, 4000));
        var before = await Rig.Google.FilesAsync();
        var transfer = await StartAsync(new { checkOnly = true }, folder);
        await places.DoneAsync(transfer);
        Assert.Equal(before, await Rig.Google.FilesAsync());
        var reasons = (await places.ItemsAsync(transfer)).Where(item => item.GetProperty("kind").GetString() == "file")
            .ToDictionary(item => item.GetProperty("path").GetString()!, item => item.GetProperty("reason").GetString());
        Assert.Contains("does not have it", reasons["side/new.bin"], StringComparison.Ordinal);
        Assert.Contains("same file", reasons["side/same.bin"], StringComparison.Ordinal);
        Assert.NotNull(reasons["side/other.bin"]);
        var plan = await Client.GetFromJsonAsync<JsonElement>($"/api/transfers/{transfer}/plan");
        Assert.Equal(1, plan.GetProperty("number").GetProperty("files").GetInt64());
        using var approved = await Client.PostAsync($"/api/transfers/{transfer}/approve", null);
        Assert.Equal(409, (int)approved.StatusCode);
    }

    [Fact]
    public async Task A_schedule_that_only_compares_changes_nothing_either()
    {
        _ = await TransferRig.PutAsync(Client, "side/new.bin", TransferRig.Bytes(1, 1000));
        using var added = await Client.PostAsJsonAsync("/api/schedules", new
        {
            title = "compare",
            cron = "0 3 * * *",
            transfer = new
            {
                source = new { items = new[] { await TransferRig.EntryAsync(Client, "side") } },
                destination = new { connection = _connection, folder = "root" },
                options = new { checkOnly = true },
            },
        });
        var schedule = (await TransferRig.ReadAsync(added, 201)).GetProperty("id").GetString();
        using (var run = await Client.PostAsync($"/api/schedules/{schedule}/run", null))
            Assert.True(run.IsSuccessStatusCode, await run.Content.ReadAsStringAsync());
        string? begun = null;
        await Eventually.HoldsAsync(async () => (begun =
            (await Client.GetFromJsonAsync<JsonElement>("/api/transfers")).GetProperty("items").EnumerateArray()
                .Select(one => one.GetProperty("id").GetString()).FirstOrDefault()) is not null);
        await TransferRig.UntilAsync(Client, begun!, "done");
        Assert.Empty(await Rig.Google.FilesAsync());
        using var removed = await Client.DeleteAsync($"/api/schedules/{schedule}");
        Assert.True(removed.IsSuccessStatusCode);
    }

    [Fact]
    public async Task Files_are_chosen_by_size_and_age_and_copied_one_at_a_time()
    {
        for (var i = 1; i <= 5; i++)
            _ = await TransferRig.PutAsync(Client, $"some/{i}.bin", TransferRig.Bytes(i, i * 100));
        var folder = await TransferRig.EntryAsync(Client, "some");
        await places.DoneAsync(await StartAsync(new { minAge = 3600 }, folder));
        Assert.Empty(await Rig.Google.FilesAsync());
        var held = Rig.Google.Drive.Faults.Add(new FaultMatch { Method = "POST", PathRegex = "uploadType" }, FaultAction.Hold());
        var transfer = await StartAsync(new { minSize = 200, maxSize = 400, maxAge = 3600, atOnce = 1 }, folder);
        await held.Reached;
        Assert.Single(await places.ItemsAsync(transfer, "state=running"));
        Assert.Equal(2, (await places.ItemsAsync(transfer, "state=ready")).Count(item => item.GetProperty("kind").GetString() == "file"));
        held.Release();
        await places.DoneAsync(transfer);
        Assert.Equal(["some/2.bin", "some/3.bin", "some/4.bin"], (await Rig.Google.FilesAsync()).Select(file => file.Path).Order());
    }

    [Fact]
    public async Task A_plan_names_what_the_destination_will_refuse()
    {
        var deep = string.Join('/', Enumerable.Range(0, 9).Select(i => new string((char)('a' + i), 50)));
        _ = await TransferRig.PutAsync(Client, $"far/{deep}/x.bin", TransferRig.Bytes(1, 1000));
        _ = await TransferRig.PutAsync(Client, "far/near.bin", TransferRig.Bytes(2, 2000));
        var drive = await Rig.ConnectAsync(Client, OneDriveRig.Ben);
        using var answer = await Client.PostAsJsonAsync("/api/transfers", new
        {
            source = new { items = new[] { await TransferRig.EntryAsync(Client, "far") } },
            destination = new { connection = drive, folder = "root" },
            plan = true,
        });
        var transfer = (await TransferRig.ReadAsync(answer, 201)).GetProperty("id").GetString()!;
        await TransferRig.UntilAsync(Client, transfer, "planned");
        var plan = await Client.GetFromJsonAsync<JsonElement>($"/api/transfers/{transfer}/plan");
        Assert.Equal((1, 2000), (plan.GetProperty("fail").GetProperty("files").GetInt64(), plan.GetProperty("bytes").GetInt64()));
        var refused = Assert.Single(await places.ItemsAsync(transfer, "plan=fail"));
        Assert.Contains("400", refused.GetProperty("planReason").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"move":true,"verify":"none"}""", "options.move")]
    [InlineData("""{"move":true,"checkOnly":true}""", "options.checkOnly")]
    [InlineData("""{"minSize":2,"maxSize":1}""", "options.maxSize")]
    [InlineData("""{"minAge":-1}""", "options.maxAge")]
    [InlineData("""{"maxAge":9223372036854775807}""", "options.maxAge")]
    [InlineData("""{"atOnce":0}""", "options.atOnce")]
    public async Task What_cannot_be_meant_is_refused(string options, string field)
    {
        using var content = new StringContent(
            $$"""{"source":{"items":["x"]},"destination":{"folder":"root"},"options":{{options}}}""", null, "application/json");
        using var answer = await Client.PostAsync("/api/transfers", content);
        Assert.Contains(field, (await TransferRig.ReadAsync(answer, 400)).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Addresses_of_the_web_are_not_moved()
    {
        using var answer = await Client.PostAsJsonAsync("/api/transfers", new
        {
            source = new { addresses = new[] { "https://example.test/a.bin" } },
            destination = new { connection = _connection, folder = "root" },
            options = new { move = true },
        });
        Assert.Contains("options.move", (await TransferRig.ReadAsync(answer, 400)).ToString(), StringComparison.Ordinal);
    }

    private static bool IsRemoved(JsonElement item) => item.GetProperty("removed").GetBoolean();

    private async Task<string> StartAsync(object options, string item, string? source = null)
    {
        using var answer = await Client.PostAsJsonAsync("/api/transfers", new
        {
            source = new { connection = source, items = new[] { item } },
            destination = new { connection = _connection, folder = "root" },
            options,
        });
        return (await TransferRig.ReadAsync(answer, 201)).GetProperty("id").GetString()!;
    }
}
