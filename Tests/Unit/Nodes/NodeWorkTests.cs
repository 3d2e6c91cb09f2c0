using ChunkUpload.Api.Transfers;
using ChunkUpload.Core.Nodes;

namespace ChunkUpload.Tests.Unit.Nodes;

/// <summary>Work that waits because no node takes it, and what is said of it.</summary>
public sealed class NodeWorkTests
{
    [Theory]
    [InlineData("", null)]
    [InlineData("a:All:runs", null)]
    [InlineData("a:Clients:runs b:Work:runs", null)]
    [InlineData("a:All:drained b:All:runs", null)]
    [InlineData("a:none:runs", null)]
    [InlineData("a:Clients:runs", "start another node with the verb worker.")]
    [InlineData("a:Clients:runs b:Work:drained", "take b back (nodes resume b), or start another node with the verb worker.")]
    [InlineData("a:Clients:drained b:All:silent", "start b, or start another node with the verb worker.")]
    public void It_is_said_what_ends_it(string nodes, string? expected)
    {
        var trouble = NodeWork.Trouble(
            [.. nodes.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(one => NodeOf(one.Split(':')))]);
        Assert.Equal(expected, trouble?[(trouble.IndexOf(": ", StringComparison.Ordinal) + 2)..]);
    }

    [Theory]
    [InlineData("running", "waiting", "worker")]
    [InlineData("queued", "waiting", "worker")]
    [InlineData("paused", "paused", null)]
    [InlineData("done", "done", null)]
    public void A_transfer_that_would_continue_waits_for_a_node(string state, string expected, string? reason)
    {
        var view = TransferOf(state);
        Assert.Equal(state, view.WaitingFor(null).State);
        var waiting = view.WaitingFor(new NodeWait("worker", DateTimeOffset.UnixEpoch, null));
        Assert.Equal((expected, reason), (waiting.State, waiting.Wait?.Reason));
    }

    private static Node NodeOf(string[] parts) => new(
        Guid.NewGuid(), parts[0], Guid.NewGuid(), 1, "127.0.0.1:1", [], new Dictionary<string, string>(), parts[2] != "silent")
    {
        DrainingSince = parts[2] == "drained" ? DateTimeOffset.UnixEpoch : null,
        Figures = parts[1] == "none" ? null : new NodeFigures("1", 0, 0, 0, [], "", 0, 0, null)
        {
            Roles = Enum.Parse<NodeRoles>(parts[1]),
        },
    };

    private static TransferView TransferOf(string state) => new()
    {
        Id = "",
        Label = "",
        State = state,
        Wait = null,
        Reason = null,
        Owner = "",
        Source = null!,
        Destination = null!,
        Options = null!,
        Priority = "",
        Deadline = null,
        Scanned = true,
        Files = null!,
        Folders = 0,
        Bytes = null!,
        Percent = null,
        AverageBps = null,
        Eta = null,
        CreatedAt = default,
        StartedAt = null,
        EndedAt = null,
        Notice = null,
        Schedule = null,
    };
}
