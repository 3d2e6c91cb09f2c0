using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Sync;

/// <summary>Documents without bytes of their own, and items that were chosen one by one.</summary>
public sealed partial class AccountSyncTests
{
    [Fact]
    public async Task Documents_are_exported_with_one_direction_and_again_only_when_they_changed()
    {
        var plan = await MakeDocumentAsync("Plan");
        var pair = await AddAsync("left_to_right");
        await InStepWithAsync(pair, "Plan.docx");
        var first = await RightAsync();

        // Its version rises, as it does by itself; nobody has changed it.
        await UpdateAsync(plan, new { description = "Another export of the same document" });
        await LookAsync(pair);
        Assert.Equal(1, (await EventsAsync(pair)).Count(one => one is ("copied", "Plan.docx")));

        await UpdateAsync(plan, new { modifiedTime = "2026-02-01T12:00:00.000Z" });
        await RunAsync(pair);
        await Eventually.HoldsAsync(async () => (await EventsAsync(pair)).Count(one => one is ("copied", "Plan.docx")) == 2);
        await InStepWithAsync(pair, "Plan.docx");
        Assert.NotEqual(first, await RightAsync());
        await LookAsync(pair);
        Assert.Equal(2, (await EventsAsync(pair)).Count(one => one is ("copied", "Plan.docx")));

        // It is removed like any other file.
        for (byte number = 0; number < 4; number++)
            _ = await MakeAsync(_folder, $"{number}.txt", [number]);
        await RunAsync(pair);
        await InStepWithAsync(pair, "0.txt", "1.txt", "2.txt", "3.txt", "Plan.docx");
        await UpdateAsync(plan, new { trashed = true });
        await RunAsync(pair);
        await InStepWithAsync(pair, "0.txt", "1.txt", "2.txt", "3.txt");
    }

    [Fact]
    public async Task Documents_are_left_out_with_both_directions()
    {
        _ = await MakeDocumentAsync("Plan");
        _ = await MakeAsync(_folder, "a.txt", [1]);
        var pair = await AddAsync("both");
        await InStepWithAsync(pair, "a.txt");
        Assert.Equal(1, (await GetAsync(pair)).GetProperty("leftOut").GetInt32());
    }

    [Fact]
    public async Task Only_what_was_chosen_is_followed()
    {
        var file = await MakeAsync(_folder, "a.txt", [1]);
        _ = await MakeAsync(_folder, "not.txt", [2]);
        var inner = await MakeAsync(_folder, "inner", null);
        var deep = await MakeAsync(inner, "deep", null);
        var b = await MakeAsync(deep, "b.txt", [3]);
        for (byte number = 0; number < 6; number++)
            _ = await MakeAsync(deep, $"{number}.txt", [number, 1]);
        string[] others = [.. Enumerable.Range(0, 6).Select(number => $"deep/{number}.txt")];
        _pairs.Add((await ChosenAsync(201, [file, deep])).GetProperty("id").GetString()!);
        var pair = _pairs[^1];
        await InStepWithAsync(pair, ["a.txt", .. others, "deep/b.txt"]);

        // A change and a name of a chosen file, and a removal in a chosen folder. What was not chosen stays out.
        await ReplaceAsync(file, [1, 1]);
        await UpdateAsync(file, new { name = "named.txt" });
        await UpdateAsync(b, new { trashed = true });
        _ = await MakeAsync(_folder, "new.txt", [4]);
        await RunAsync(pair);
        await InStepWithAsync(pair, [.. others, "named.txt"]);
        Assert.Contains(Of("named.txt", 1, 1), await RightAsync());

        // A chosen file that goes is removed, like any other one.
        await UpdateAsync(file, new { trashed = true });
        await RunAsync(pair);
        await InStepWithAsync(pair, others);
        Assert.Equal(2, (await GetAsync(pair)).GetProperty("left").GetProperty("items").GetArrayLength());

        // Wrong choices are told.
        var outside = await MakeAsync("root", "outside.txt", [9]);
        await RefusedAsync([outside], "does not lie in left.folder");
        await RefusedAsync([], "1 to 300");
        await RefusedAsync([.. Enumerable.Repeat("x", 301)], "1 to 300");
        await RefusedAsync([b], "left_to_right", "both");
    }

    private async Task RefusedAsync(string[] items, string detail, string? way = null) =>
        Assert.Contains(detail, (await ChosenAsync(400, items, way)).ToString(), StringComparison.Ordinal);

    private async Task<JsonElement> ChosenAsync(int status, string[] items, string? way = null)
    {
        await SeedAsync("right/.keep", [0]);
        Delete("right/.keep");
        var right = await OneDriveRig.FindAsync(Client, _oneDrive, "root", "right");
        using var answer = await Client.PostAsJsonAsync("/api/syncs", new
        {
            title = "pair",
            way,
            left = new { connection = _drive, folder = _folder, items },
            right = new { connection = _oneDrive, folder = right },
        });
        return await TransferRig.ReadAsync(answer, status);
    }

    private async Task<string> MakeDocumentAsync(string name)
    {
        using var made = await _google.PostAsJsonAsync(
            "/drive/v3/files", new { name, mimeType = "application/vnd.google-apps.document", parents = new[] { _folder } });
        Assert.True(made.IsSuccessStatusCode, await made.Content.ReadAsStringAsync());
        return (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    /// <summary>Waits until the right side has exactly these files.</summary>
    private Task InStepWithAsync(string pair, params string[] files) => Eventually.HoldsAsync(
        async () => (await GetAsync(pair)).GetProperty("state").GetString() == "in_step"
            && (await RightAsync()).Select(file => file.Path).SequenceEqual(files.Order(StringComparer.Ordinal)));
}
