using ChunkUpload.FaultLab.Run;
using ChunkUpload.FaultLab.Service;

namespace ChunkUpload.FaultLab.Witness;

/// <summary>Compares what a witness saw acknowledged with another service that has the data of the first.</summary>
internal static class Comparison
{
    public static async Task RunAsync(LabRun run, LabService service, IEnumerable<Sent> acknowledged, CancellationToken cancellationToken)
    {
        using var wire = new WitnessClient(service.Address, service.Key);
        using var log = new Journal(run.Place($"compare-{service.Address.Port}.log"));
        var load = new Load(wire, log, new LoadOptions(run.Seed, 1, [], 1, 0));
        var checker = new Checker(load, new SessionClient(load), new StreamClient(load));
        // A deletion without an answer may or may not have been carried out.
        foreach (var upload in acknowledged.Where(upload => upload.Fate != Fate.Deleting))
            await checker.CheckAsync(upload, content: true, cancellationToken);
        foreach (var violation in log.Violations)
            run.Violate(violation);
    }
}
