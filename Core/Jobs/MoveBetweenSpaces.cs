using ChunkUpload.Core.Tree;

namespace ChunkUpload.Core.Jobs;

/// <summary>Finishes the moves of folders to other spaces.</summary>
public sealed class MoveBetweenSpaces(SpaceMover mover, IMoveLedger ledger) : IMaintenanceJob
{
    public string Name => JobNames.MoveBetweenSpaces;

    public string Description => "Finishes the moves of folders from one space to another.";

    public async Task<JobReport> RunAsync(IJobProgress progress, CancellationToken cancellationToken)
    {
        long folders = 0, entries = 0, leftOut = 0;
        // Including moves that are requested meanwhile.
        while (await ledger.OpenMovesAsync(cancellationToken) is { Count: > 0 } open)
        {
            foreach (var move in open)
            {
                var before = entries;
                var ended = await mover.RunAsync(
                    move, moved => progress.Report(before + moved, null, "entries are moved"), cancellationToken);
                folders++;
                entries += ended.Moved;
                leftOut += ended.LeftOut;
            }
        }

        return new JobReport(
            folders == 0 ? "No folder was to be moved." : $"Moved {folders} folders with {entries} entries in them.",
            new Dictionary<string, long> { ["folders"] = folders, ["entries"] = entries, ["leftOut"] = leftOut })
        {
            Error = leftOut == 0 ? null : $"{leftOut} entries could not be moved; they are in the trash of the space from which they came.",
        };
    }
}
