namespace ChunkUpload.Core.Advisor;

/// <summary>Who decides on the size and the number of chunks.</summary>
public enum AdvisorPolicy
{
    /// <summary>Measures the link and balances what each request costs against what a break costs.</summary>
    Adaptive = 1,

    /// <summary>256 KiB on slow links, 1 MiB on medium ones, 2 MiB on fast ones, fewer at a time on unstable ones.</summary>
    Tiers,

    /// <summary>The same for everybody.</summary>
    Fixed,
}
