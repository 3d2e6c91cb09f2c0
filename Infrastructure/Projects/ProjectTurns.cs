namespace ChunkUpload.Infrastructure.Projects;

/// <summary>
/// Lets the changes of each project run one at a time. The statement locks the project, so that further ones would wait with a connection.
/// </summary>
internal sealed class ProjectTurns
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly Dictionary<Guid, Turn> _turns = [];

    public async Task<T> RunAsync<T>(Guid project, Func<Task<T>> change, CancellationToken cancellationToken)
    {
        var turn = Enter(project);
        try
        {
            if (!await turn.Slot.WaitAsync(TenantShares.Patience, cancellationToken))
                throw new LedgerBusyException("The project has too many changes at once. Send one batch after the other.", Pause);
            try
            {
                return await change();
            }
            finally
            {
                _ = turn.Slot.Release();
            }
        }
        finally
        {
            Leave(project, turn);
        }
    }

    private Turn Enter(Guid project)
    {
        lock (_turns)
        {
            if (!_turns.TryGetValue(project, out var turn))
                _turns.Add(project, turn = new Turn());
            turn.Requests++;
            return turn;
        }
    }

    private void Leave(Guid project, Turn turn)
    {
        lock (_turns)
        {
            if (--turn.Requests == 0)
                _ = _turns.Remove(project);
        }
    }

    private sealed class Turn
    {
        public SemaphoreSlim Slot { get; } = new(1);

        public int Requests { get; set; }
    }
}
