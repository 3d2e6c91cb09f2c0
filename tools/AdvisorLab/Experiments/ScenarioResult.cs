using ChunkUpload.AdvisorLab.Model;

namespace ChunkUpload.AdvisorLab.Experiments;

/// <summary>The time of each sender in one scenario, averaged over the seeds.</summary>
internal sealed record ScenarioResult(Scenario Scenario, double[] Seconds, double[] SentTwice, int[] Unfinished, double[] Requests)
{
    /// <summary>The best in hindsight where whole chunks are lost ...</summary>
    public Hindsight Whole { get; init; }

    public Hindsight WholeCrossed { get; init; }

    /// <summary>... and with prefixes kept.</summary>
    public Hindsight Kept { get; init; }

    public Hindsight KeptCrossed { get; init; }

    /// <summary>The same two when hindsight's streams stagger their first chunks as the advised client does.</summary>
    public Hindsight WholeStaggered { get; init; }

    public Hindsight KeptStaggered { get; init; }
}
