namespace ChunkUpload.Core.Advisor;

/// <summary>
/// Decides on size and concurrency from the figures of a network. Pure: no clock, no allocation, the same answer for the same figures.
/// </summary>
public interface IAdvicePolicy
{
    AdviceFigures Decide(NetworkState network, in AdviceQuestion question);
}
