using ChunkUpload.Core.Connections;

namespace ChunkUpload.Core.Transfers.Copying;

/// <summary>
/// The checkpoint of a copy without a work item: its steps are not recorded, so it is not resumed after a kill. It fails if the destination
/// accepts no bytes, because there is no later attempt.
/// </summary>
/// <param name="target">The target of the file at the destination.</param>
internal sealed class UnrecordedCheckpoint(CopyTargeted target) : ICopyCheckpoint
{
    private long _position;
    private bool _isStuck;

    public Task<bool> SaveAsync(IReadOnlyList<CopyStep> steps, CancellationToken cancellationToken)
    {
        foreach (var accepted in steps.OfType<CopyAccepted>())
            (_isStuck, _position) = (accepted.Position <= _position, accepted.Position);
        return Task.FromResult(true);
    }

    public Task<Outcome<CopyChoice>> ChooseAsync(
        SourceItem found, CopyState state, IReadOnlyList<CopyStep> unsaved, CancellationToken cancellationToken) =>
        Task.FromResult<Outcome<CopyChoice>>(new CopyChoice(target, null));

    public Task<long?> RoomAsync(CancellationToken cancellationToken) => Task.FromResult<long?>(null);

    public Task<bool> YieldsAsync(CancellationToken cancellationToken) => Task.FromResult(_isStuck);

    public long NextPiece(long most) => most;

    public void Progress()
    {
    }

    public void Sending(int bytes)
    {
    }

    public ValueTask PaceAsync(int bytes) => ValueTask.CompletedTask;

    public void Interrupted()
    {
    }
}
