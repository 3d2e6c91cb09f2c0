using ChunkUpload.FaultLab.Run;
using ChunkUpload.FaultLab.Service;

namespace ChunkUpload.FaultLab.Witness;

/// <summary>Compares what a witness saw acknowledged with another service that has the data of the first.</summary>
internal static class Comparison
{
    private const int AtOnce = 4;

    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(4);

    public static async Task RunAsync(LabRun run, LabService service, IEnumerable<Sent> acknowledged, CancellationToken cancellationToken)
    {
        using var wire = new WitnessClient(service.Address, service.Key);
        using var log = new Journal(run.Place($"compare-{service.Address.Port}.log"));
        var load = new Load(wire, log, new LoadOptions(run.Seed, 1, [], 1, 0));
        var checker = new Checker(load, new SessionClient(load), new StreamClient(load));
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Longest);
        try
        {
            // A deletion without an answer may or may not have been carried out.
            await Parallel.ForEachAsync(
                acknowledged.Where(upload => upload.Fate != Fate.Deleting),
                new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = deadline.Token },
                async (upload, token) => await checker.CheckAsync(upload, content: true, token));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            run.Violate($"{service.Address} did not serve everything within {Longest.TotalMinutes} minutes; it answered "
                + string.Join(", ", log.Answers.Select(answer => $"{answer.Key} {answer.Value} times")));
        }

        foreach (var violation in log.Violations)
            run.Violate(violation);
    }
}
