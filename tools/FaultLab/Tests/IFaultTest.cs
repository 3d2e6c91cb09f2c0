using ChunkUpload.FaultLab.Run;

namespace ChunkUpload.FaultLab.Tests;

/// <summary>One test of the programme.</summary>
internal interface IFaultTest
{
    string Name { get; }

    /// <summary>As in the programme of README.md.</summary>
    string Number { get; }

    string Question { get; }

    /// <summary>Whether it is stable and short enough for every change.</summary>
    bool InCi => true;

    /// <summary>What does not hold goes to <see cref="LabRun.Violate"/>.</summary>
    Task RunAsync(LabRun run, CancellationToken cancellationToken);
}
