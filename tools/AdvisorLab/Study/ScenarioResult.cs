using ChunkUpload.AdvisorLab.Model;

namespace ChunkUpload.AdvisorLab.Study;

/// <summary>What each sender took in one scenario, on average over the seeds.</summary>
internal sealed record ScenarioResult(Scenario Scenario, double[] Seconds, double[] SentTwice, int[] Unfinished, double[] Requests)
{
    /// <summary>The mean times of the best in hindsight: of one stream, of up to four, of up to six.</summary>
    public double WholeO1 { get; init; }

    public double WholeFour { get; init; }

    public double WholeO2 { get; init; }

    public double KeptFour { get; init; }

    public double KeptO2 { get; init; }
}
