using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Transfers;

namespace ChunkUpload.Tests.Unit.Transfers;

/// <summary>How often a file is tried.</summary>
public sealed class FaultPolicyTests
{
    private static readonly TransferEngineOptions Options = new();

    [Theory]
    [InlineData(FaultKind.Refused, 1, TransferItemState.Queued)]
    [InlineData(FaultKind.Refused, 2, TransferItemState.Failed)]
    [InlineData(FaultKind.Gone, 2, TransferItemState.Failed)]
    [InlineData(FaultKind.Transient, 1000, TransferItemState.Queued)]
    [InlineData(FaultKind.Throttled, 1000, TransferItemState.Queued)]
    public void A_file_is_tried_three_times_and_without_an_end_where_the_network_fails(
        FaultKind kind, int failures, TransferItemState expected) =>
        Assert.Equal(expected, EndOf(kind, failures, 0, new AttemptOptions()).State);

    [Theory]
    [InlineData(FaultKind.Refused, 3)]
    [InlineData(FaultKind.Transient, 5)]
    public void No_attempt_is_made_beyond_those_that_the_transfer_names(FaultKind kind, int attempts)
    {
        var named = new AttemptOptions { Refused = attempts, Network = attempts };
        Assert.Equal(TransferItemState.Queued, EndOf(kind, attempts - 2, 0, named).State);
        Assert.Equal(TransferItemState.Failed, EndOf(kind, attempts - 1, 0, named).State);
    }

    [Theory]
    [InlineData(FaultKind.SessionLost)]
    [InlineData(FaultKind.SourceChanged)]
    [InlineData(FaultKind.Integrity)]
    public void A_file_begins_again_three_times(FaultKind kind)
    {
        Assert.Equal(TransferItemState.Queued, EndOf(kind, 0, 2, new AttemptOptions()).State);
        Assert.Equal(TransferItemState.Failed, EndOf(kind, 0, 3, new AttemptOptions()).State);
        Assert.Equal(TransferItemState.Failed, EndOf(kind, 0, 0, new AttemptOptions { Restarts = 0 }).State);
    }

    private static ItemEnd EndOf(FaultKind kind, int failures, int restarts, AttemptOptions attempts) =>
        FaultPolicy.EndOf(new StorageFault(kind, "It failed."), failures, restarts, attempts, Options);
}
