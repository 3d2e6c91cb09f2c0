using ChunkUpload.Bench.Report;

namespace ChunkUpload.Bench.Cases;

internal interface IBenchmark
{
    string Name { get; }

    /// <summary>The question that the benchmark answers, in a few words.</summary>
    string Question { get; }

    /// <summary>False for benchmarks that need root or half an hour.</summary>
    bool IsInAll => true;

    Task<IReadOnlyList<Figure>> RunAsync(BenchOptions options, CancellationToken cancellationToken);
}
