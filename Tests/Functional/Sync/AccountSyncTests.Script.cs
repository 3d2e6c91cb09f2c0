using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Emulators.Graph;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Sync;

/// <summary>People change both accounts again and again, and both fail in many ways: the sides come together, nothing is lost.</summary>
public sealed partial class AccountSyncTests
{
    // A release does this for ten minutes: tools/check --all.
    private static readonly TimeSpan ScriptTime = TimeSpan.FromSeconds(
        int.TryParse(Environment.GetEnvironmentVariable("CHUNKUPLOAD_SYNC_SECONDS"), CultureInfo.InvariantCulture, out var seconds)
            ? seconds
            : 12);

    private readonly Dictionary<string, string> _alive = [];
    private int _contents;

    [Fact]
    public async Task Changes_on_both_sides_under_faults_lose_nothing()
    {
        var seed = Environment.GetEnvironmentVariable("CHUNKUPLOAD_SYNC_SEED") is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : 51;
        var random = new Random(seed);
        for (var number = 0; number < 8; number++)
            _ = await MakeAsync(_folder, $"{number}.txt", NewContent($"{number}.txt"));
        var pair = await AddBothAsync();
        await SettledAsync(pair);
        var end = TimeProvider.System.GetUtcNow() + ScriptTime;
        var (changes, faults) = (0, 0);
        while (TimeProvider.System.GetUtcNow() < end)
        {
            changes += random.Next(2) == 0 ? await ChangeLeftAsync(random) : await ChangeRightAsync(random);
            if (random.Next(3) == 0)
                faults += AddFault(random);
            await RunAsync(pair);
            await AnswerAsync(pair);
            await Task.Delay(random.Next(50, 500));
        }

        places.Rig.Google.Drive.Faults.Reset();
        places.Rig.Graph.Faults.Reset();
        await SettledAsync(pair);
        var there = (await LeftAsync()).Select(file => file.Sha256).ToHashSet(StringComparer.Ordinal);
        var lost = _alive.Where(content => !there.Contains(content.Key)).Select(content => content.Value);
        Assert.True(!lost.Any(), $"Seed {seed}, {changes} changes, {faults} faults: lost {string.Join(", ", lost)}");
        Assert.True(changes > 10 && faults > 2, $"{changes} changes, {faults} faults");
        output.WriteLine($"{changes} changes, {faults} faults");
    }

    private async Task<string> AddBothAsync()
    {
        await SeedAsync("right/first.txt", NewContent("first.txt"));
        var right = await OneDriveRig.FindAsync(Client, _oneDrive, "root", "right");
        using var answer = await Client.PostAsJsonAsync("/api/syncs", new
        {
            title = "script",
            way = "both",
            conflicts = "both",
            left = new { connection = _drive, folder = _folder },
            right = new { connection = _oneDrive, folder = right },
        });
        _pairs.Add((await TransferRig.ReadAsync(answer, 201)).GetProperty("id").GetString()!);
        return _pairs[^1];
    }

    private byte[] NewContent(string path)
    {
        var bytes = Encoding.UTF8.GetBytes($"content {++_contents} {new string('x', _contents * 37 % 3000)}");
        _alive[TransferPlaces.Sha256(bytes)] = $"{path} ({_contents})";
        return bytes;
    }

    /// <summary>A person has removed or replaced it.</summary>
    private void End(string? sha256) => _alive.Remove(sha256 ?? "");

    private async Task<int> ChangeLeftAsync(Random random)
    {
        var files = await FilesOfDriveAsync();
        var (id, name, sha256) = files.Count == 0 ? ("", "", null) : files[random.Next(files.Count)];
        switch (random.Next(6))
        {
            case 0 when id.Length > 0 && files.Count > 6:
                if (await TryAsync(HttpMethod.Patch, $"/drive/v3/files/{id}", JsonContent.Create(new { trashed = true })))
                    End(sha256);
                return 1;
            case 1 when id.Length > 0:
                _ = await TryAsync(
                    HttpMethod.Patch, $"/drive/v3/files/{id}", JsonContent.Create(new { name = $"l{_contents}-{name}"[..8] + ".txt" }));
                return 1;
            case 2 or 3 when id.Length > 0:
                var bytes = NewContent(name);
                if (await TryAsync(HttpMethod.Patch, $"/upload/drive/v3/files/{id}?uploadType=media", new ByteArrayContent(bytes)))
                    End(sha256);
                else
                    End(TransferPlaces.Sha256(bytes));
                return 1;
            default:
                var made = $"left-{random.Next(1000)}.txt";
                if (files.Exists(file => file.Name == made))
                    return 0;
                _ = await MakeAsync(_folder, made, NewContent(made));
                return 1;
        }
    }

    private async Task<int> ChangeRightAsync(Random random)
    {
        var drive = places.Rig.DriveOf(OneDriveRig.Ann);
        var folder = drive.Find(drive.Root, ["right"])!;
        var items = drive.ChildrenOf(folder).Where(item => item.Content is not null).ToList();
        var item = items.Count == 0 ? null : items[random.Next(items.Count)];
        var sha256 = item is null ? null : (await RightAsync()).FirstOrDefault(file => file.Path == item.Name).Sha256;
        switch (random.Next(6))
        {
            case 0 when item is not null && items.Count > 6:
                if (drive.Delete(item, null, permanently: false) is null)
                    End(sha256);
                return 1;
            case 1 when item is not null:
                _ = drive.Update(item, $"r{_contents}-{item.Name}"[..8] + ".txt", folder, default, null, GraphConflict.Fail);
                return 1;
            case 2 or 3 when item is not null:
                await SeedAsync($"right/{item.Name}", NewContent(item.Name));
                End(sha256);
                return 1;
            default:
                var made = $"right-{random.Next(1000)}.txt";
                if (items.Exists(one => one.Name == made))
                    return 0;
                await SeedAsync($"right/{made}", NewContent(made));
                return 1;
        }
    }

    private int AddFault(Random random)
    {
        var (google, graph) = (places.Rig.Google.Drive, places.Rig.Graph);
        switch (random.Next(10))
        {
            case 0:
                _ = google.Faults.Add(new FaultMatch { PathRegex = "uploadType=resumable" }, FaultAction.Status(429, "rateLimitExceeded"));
                return 1;
            case 1:
                _ = google.Faults.Add(new FaultMatch { Method = "PUT", PathRegex = "upload_id" }, FaultAction.ResetBeforeReply());
                return 1;
            case 2:
                _ = google.Faults.Add(new FaultMatch { PathRegex = "/changes" }, FaultAction.Status(500, "backendError"));
                return 1;
            case 3:
                _ = google.Faults.Add(new FaultMatch { PathRegex = "alt=media" }, FaultAction.ResetAfter(10, "response"));
                return 1;
            case 4:
                google.Clock.Advance(TimeSpan.FromHours(2)); // The access token ends.
                return 1;
            case 5:
                _ = graph.Faults.Add(
                    new FaultMatch { PathRegex = "createUploadSession" }, FaultAction.Status(429, null, ("Retry-After", "1")));
                return 1;
            case 6:
                _ = graph.Faults.Add(new FaultMatch { Method = "PATCH" }, FaultAction.ResetBeforeReply());
                return 1;
            case 7:
                _ = graph.Faults.Add(new FaultMatch { PathRegex = "delta" }, FaultAction.Status(503));
                return 1;
            case 8:
                graph.Switches.Set(GraphSwitches.DeltaResync, "resyncChangesApplyDifferences");
                return 1;
            default:
                _ = graph.Faults.Add(new FaultMatch { Method = "GET", PathRegex = "children" }, FaultAction.Status(500));
                return 1;
        }
    }

    /// <summary>Whatever it asks is answered so that nothing goes.</summary>
    private async Task AnswerAsync(string pair)
    {
        var now = await GetAsync(pair);
        if (now.GetProperty("question") is not { ValueKind: JsonValueKind.Object } question)
            return;
        var answer = question.GetProperty("conflicts").GetInt32() > 0 ? "both" : "leave";
        var digest = question.GetProperty("digest").GetString();
        // It may ask something else by now.
        using var _ = await Client.PostAsJsonAsync($"/api/syncs/{pair}/approve", new { digest, answer });
    }

    private async Task SettledAsync(string pair)
    {
        JsonElement now = default;
        for (var tries = 0; tries < 120; tries++)
        {
            await AnswerAsync(pair);
            now = await GetAsync(pair);
            if (now.GetProperty("state").GetString() == "in_step" && (await LeftAsync()).SequenceEqual(await RightAsync()))
                return;
            if (tries % 6 == 5)
                await RunAsync(pair);
            await Task.Delay(250);
        }

        var (left, right) = (await LeftAsync(), await RightAsync());
        Assert.Fail($"{now}\nonly left: {string.Join(", ", left.Except(right))}\nonly right: {string.Join(", ", right.Except(left))}\n"
            + string.Join("\n", (await EventsAsync(pair)).Take(40)));
    }

    private async Task<List<(string Id, string Name, string? Sha256)>> FilesOfDriveAsync()
    {
        var query = Uri.EscapeDataString($"'{_folder}' in parents and trashed = false");
        for (var tries = 0; ; tries++)
        {
            using var answer = await _google.GetAsync($"/drive/v3/files?q={query}&pageSize=1000&fields=files(id,name,sha256Checksum)");
            if (!answer.IsSuccessStatusCode && tries < 5)
                continue;
            return [.. (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("files").EnumerateArray().Select(file => (
                file.GetProperty("id").GetString()!, file.GetProperty("name").GetString()!,
                file.TryGetProperty("sha256Checksum", out var digest) ? digest.GetString() : null))];
        }
    }

    private async Task<bool> TryAsync(HttpMethod method, string path, HttpContent content)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        using var answer = await _google.SendAsync(request);
        return answer.IsSuccessStatusCode;
    }

    [Fact]
    public async Task A_listing_that_lacks_what_is_there_removes_nothing()
    {
        for (byte number = 0; number < 8; number++)
            _ = await MakeAsync(_folder, $"{number}.txt", [number, 1]);
        var pair = await AddAsync("left_to_right");
        await Eventually.HoldsAsync(async () => (await RightAsync()).Count == 8);
        await UntilAsync(pair, "in_step");

        // Lists of Google Drive may be late: one file is in none of them.
        var query = Uri.EscapeDataString($"'{_folder}' in parents and trashed = false");
        var all = (await _google.GetFromJsonAsync<JsonElement>($"/drive/v3/files?q={query}&fields=*")).GetProperty("files");
        var late = JsonSerializer.SerializeToElement(
            new { files = all.EnumerateArray().Where(file => file.GetProperty("name").GetString() != "3.txt") });
        var fault = places.Rig.Google.Drive.Faults.Add(
            new FaultMatch { Method = "GET", PathRegex = @"/files\?", Times = 0 },
            new FaultAction { Kind = "status", Code = 200, Body = late });
        for (var looks = 0; looks < 3; looks++)
            await LookAsync(pair);
        await Task.Delay(TimeSpan.FromSeconds(3));
        Assert.Equal(8, (await RightAsync()).Count);
        Assert.DoesNotContain(await EventsAsync(pair), one => one.Kind == "removed");
        places.Rig.Google.Drive.Faults.Reset();
        _ = fault;
    }
}
