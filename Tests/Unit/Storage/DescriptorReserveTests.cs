using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Tests.Unit.Storage;

/// <summary>The descriptors reserved for the runtime, which ends the process if it cannot start a thread.</summary>
public sealed class DescriptorReserveTests
{
    [Theory]
    [InlineData(959, 1024, false)]
    [InlineData(960, 1024, true)]
    [InlineData(111, 128, false)]
    [InlineData(112, 128, true)]
    // A limit that was lowered below the number of open files.
    [InlineData(500, 400, true)]
    [InlineData(1_000_000, ulong.MaxValue, false)]
    public void The_last_descriptors_are_of_the_reserve(long descriptor, ulong limit, bool holds) =>
        Assert.Equal(holds, DescriptorReserve.Holds(descriptor, limit));

    [Fact]
    public void A_process_that_may_open_more_has_some_beside_it() => Assert.False(DescriptorReserve.Real.Holds(3));
}
