using ChunkUpload.Bench.Report;

namespace ChunkUpload.Bench.Cases;

internal interface IBenchmark
{
    string Name { get; }

    /// <summary>What it finds out, in a few words.</summary>
    string Question { get; }

    /// <summary>Not one that needs root, or half an hour.</summary>
    bool IsInAll => true;

    Task<IReadOnlyList<Figure>> RunAsync(BenchOptions options, CancellationToken cancellationToken);
}
