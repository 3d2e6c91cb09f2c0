using ChunkUpload.FaultLab.Run;

namespace ChunkUpload.FaultLab.Tests;

/// <summary>One test of the fault programme.</summary>
internal interface IFaultTest
{
    string Name { get; }

    /// <summary>The number in README.md.</summary>
    string Number { get; }

    string Question { get; }

    /// <summary>Whether the test is stable and short enough to run on every change.</summary>
    bool InCi => true;

    /// <summary>Reports failures to <see cref="LabRun.Violate"/>.</summary>
    Task RunAsync(LabRun run, CancellationToken cancellationToken);
}
