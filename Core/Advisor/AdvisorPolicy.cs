namespace ChunkUpload.Core.Advisor;

/// <summary>The policy that decides on the size and the number of chunks.</summary>
public enum AdvisorPolicy
{
    /// <summary>Measures the network and balances the cost of each request against the cost of a break.</summary>
    Adaptive = 1,

    /// <summary>256 KiB on slow networks, 1 MiB on medium ones, 2 MiB on fast ones; fewer chunks at a time on unstable ones.</summary>
    Tiers,

    /// <summary>The same for all clients.</summary>
    Fixed,
}
