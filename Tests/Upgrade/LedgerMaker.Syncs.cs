using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Upgrade;

internal sealed partial class LedgerMaker
{
    public const string PairInStep = "pair in step";
    public const string PairWithConflict = "pair with a conflict";
    public const string PausedPair = "paused pair";

    /// <summary>Pairs of folders of the service: in step, with a file that differs on both sides, and paused.</summary>
    private async Task AddSyncsAsync()
    {
        await PutAsync("Pairs/plans/plan.bin", 30_000);
        await PutAsync("Pairs/copy/only there.bin", 100);
        await PairAsync(PairInStep, "plans", "copy", "left_to_right", "in_step");

        await PutAsync("Pairs/ours/draft.bin", 20_000);
        await PutAsync("Pairs/theirs/draft.bin", 21_000);
        await PairAsync(PairWithConflict, "ours", "theirs", "both", "needs_you");

        await PutAsync("Pairs/photos/photo.bin", 10_000);
        await PutAsync("Pairs/album/old.bin", 200);
        await PairAsync(PausedPair, "photos", "album", "both", "in_step");
        _ = await _operator.PostAsync($"/api/syncs/{_facts.Names[PausedPair]}/pause", null);
        await SyncIsAsync(_operator, _facts.Names[PausedPair], "paused");
    }

    private async Task PairAsync(string name, string left, string right, string way, string state)
    {
        var made = await _operator.PostAsync(
            "/api/syncs",
            new
            {
                title = name,
                way,
                left = new { folder = await TransferRig.EntryAsync(_operator.Http, $"Pairs/{left}") },
                right = new { folder = await TransferRig.EntryAsync(_operator.Http, $"Pairs/{right}") },
            });
        _facts.Names[name] = made.GetProperty("id").GetString()!;
        await SyncIsAsync(_operator, _facts.Names[name], state);
    }

    public static Task SyncIsAsync(UpgradeClient client, string pair, string state) => Eventually.BecomesAsync(
        () => client.GetAsync($"/api/syncs/{pair}"), now => now.GetProperty("state").GetString() == state, $"the pair is {state}");
}
