using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Core.Work;
using ChunkUpload.Emulators.Graph;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Sync;

/// <summary>Changes in the accounts, and their results.</summary>
public sealed partial class AccountSyncTests
{
    /// <summary>Lets the pair's time come, and waits until its work has ended.</summary>
    private async Task DueAsync(string pair)
    {
        var before = (await GetAsync(pair)).GetProperty("lookedAt").GetDateTimeOffset();
        await using var ledger = new NpgsqlConnection(places.Service.ConnectionString);
        await ledger.ExecuteAsync("update work set due_at = now() where kind = 'sync' and reference = @Id", new { Id = Guid.Parse(pair) });
        places.Service.Services.GetRequiredService<WorkQueue>().Wake();
        await Eventually.HoldsAsync(async () => (await GetAsync(pair)).GetProperty("lookedAt").GetDateTimeOffset() > before);
    }

    private int Lists() => Calls("files.list") + Calls("children");

    /// <summary>How often both emulators were asked for something.</summary>
    private int Calls(string operation) => places.Rig.Google.Drive.Journal.Entries.Count(entry => entry.Operation == operation)
        + places.Rig.Graph.Journal.Entries.Count(entry => entry.Path.Contains($"/{operation}", StringComparison.Ordinal));

    private async Task<string> AddAsync(string way)
    {
        await SeedAsync("right/.keep", [0]);
        Delete("right/.keep");
        var right = await OneDriveRig.FindAsync(Client, _oneDrive, "root", "right");
        using var answer = await Client.PostAsJsonAsync("/api/syncs", new
        {
            title = "pair",
            way,
            left = new { connection = _drive, folder = _folder },
            right = new { connection = _oneDrive, folder = right },
        });
        _pairs.Add((await TransferRig.ReadAsync(answer, 201)).GetProperty("id").GetString()!);
        return _pairs[^1];
    }

    /// <summary>Makes a file in Drive, or a folder if there are no bytes.</summary>
    private async Task<string> MakeAsync(string parent, string name, byte[]? bytes)
    {
        object item = bytes is null ? new { name, items = Array.Empty<object>() } : new { name, base64 = Convert.ToBase64String(bytes) };
        var seeded = await places.Rig.Google.Drive.SeedAsync(new { parent = parent == "root" ? null : parent, items = new[] { item } });
        return JsonSerializer.SerializeToElement(seeded).GetProperty("ids").EnumerateObject().Single().Value.GetString()!;
    }

    private async Task ReplaceAsync(string file, byte[] bytes)
    {
        using var changed = await _google.PatchAsync($"/upload/drive/v3/files/{file}?uploadType=media", new ByteArrayContent(bytes));
        Assert.True(changed.IsSuccessStatusCode, await changed.Content.ReadAsStringAsync());
    }

    private async Task UpdateAsync(string file, object body)
    {
        using var changed = await _google.PatchAsync($"/drive/v3/files/{file}", JsonContent.Create(body));
        Assert.True(changed.IsSuccessStatusCode, await changed.Content.ReadAsStringAsync());
    }

    private Task<string> SeedAsync(string path, byte[] bytes) => places.Rig.SeedAsync(OneDriveRig.Ann, path, bytes);

    private void Move(string path, string folder, string name)
    {
        var drive = places.Rig.DriveOf(OneDriveRig.Ann);
        var moved = drive.Update(
            drive.Find(drive.Root, path.Split('/'))!, name, drive.Find(drive.Root, folder.Split('/')), default, null,
            GraphConflict.Fail);
        Assert.Null(moved.Error);
    }

    private void Delete(string path)
    {
        var drive = places.Rig.DriveOf(OneDriveRig.Ann);
        Assert.Null(drive.Delete(drive.Find(drive.Root, path.Split('/'))!, null, permanently: false));
    }

    private static (string Path, string Sha256) Of(string path, params byte[] bytes) => (path, TransferPlaces.Sha256(bytes));

    private async Task<List<(string Path, string Sha256)>> LeftAsync() => Below("left/", await places.Rig.Google.FilesAsync());

    private async Task<List<(string Path, string Sha256)>> RightAsync() =>
        Below("right/", await OneDriveRig.FilesAsync(places.Rig.DriveOf(OneDriveRig.Ann)));

    private static List<(string Path, string Sha256)> Below(string folder, IEnumerable<(string Path, string Sha256)> files) =>
        [.. files.Where(file => file.Path.StartsWith(folder, StringComparison.Ordinal))
            .Select(file => (file.Path[folder.Length..], file.Sha256)).OrderBy(file => file.Item1, StringComparer.Ordinal)];

    private async Task RunAsync(string pair)
    {
        using var answer = await Client.PostAsync($"/api/syncs/{pair}/run", null);
        await TransferRig.ReadAsync(answer, 200);
    }

    /// <summary>Starts a scan of the pair, and waits until it has ended.</summary>
    private async Task LookAsync(string pair)
    {
        var before = (await GetAsync(pair)).GetProperty("lookedAt").GetDateTimeOffset();
        await RunAsync(pair);
        await Eventually.HoldsAsync(async () => await GetAsync(pair) is var now
            && now.GetProperty("lookedAt").GetDateTimeOffset() > before
            && now.GetProperty("state").GetString() is "in_step" or "needs_you");
    }

    private static bool IsChange((string Kind, string Path) one) => one.Kind is "copied" or "not_copied" or "moved" or "removed";

    private Task<JsonElement> GetAsync(string pair) => Client.GetFromJsonAsync<JsonElement>($"/api/syncs/{pair}");

    private async Task<IReadOnlyList<JsonElement>> ListAsync(string path) =>
        [.. (await Client.GetFromJsonAsync<JsonElement>(path)).GetProperty("items").EnumerateArray()];

    private async Task<List<(string Kind, string Path)>> EventsAsync(string pair) =>
        [.. (await ListAsync($"/api/syncs/{pair}/events?limit=200"))
            .Select(one => (one.GetProperty("kind").GetString()!, one.GetProperty("path").GetString() ?? ""))];

    /// <param name="files">What both sides have then; null if it does not matter.</param>
    private async Task InStepAsync(string pair, (string Path, string Sha256)[]? files)
    {
        List<(string, string)> right = [], left = [];
        await Eventually.BecomesAsync(
            async () =>
            {
                (var now, right, left) = (await GetAsync(pair), await RightAsync(), await LeftAsync());
                return now;
            },
            now => now.GetProperty("state").GetString() == "in_step"
                && (files is null || (right.SequenceEqual(files) && left.SequenceEqual(files))),
            describe: async () => $"{string.Join(", ", left)}\n{string.Join(", ", right)}\n{string.Join("\n", await EventsAsync(pair))}");
    }

    private async Task<JsonElement> UntilAsync(string pair, string state)
    {
        JsonElement now = default;
        await Eventually.HoldsAsync(async () =>
        {
            now = await GetAsync(pair);
            return now.GetProperty("state").GetString() == state;
        });
        return now;
    }
}
