namespace ChunkUpload.Emulators.Graph;

/// <summary>A session with its bytes. One request at a time works on it.</summary>
#pragma warning disable CA1001 // A semaphore without a wait handle holds nothing that has to be disposed of.
internal sealed class LiveSession(GraphUploadSession rules, GraphContentWriter writer)
#pragma warning restore CA1001
{
    private readonly SemaphoreSlim _turn = new(1, 1);

    public GraphUploadSession Rules => rules;

    public GraphContentWriter Writer => writer;

    public bool IsGone { get; set; }

    public bool IsFor(GraphItem parent, string name) =>
        rules.Target.Parent == parent && GraphNames.Comparer.Equals(rules.Target.Name, name);

    public async Task<Turn> EnterAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        return new Turn(this);
    }

    /// <summary>Ends the session; its bytes are removed when no request works on it.</summary>
    public void Drop()
    {
        IsGone = true;
        if (!_turn.Wait(0))
            return;
        writer.Dispose();
        _turn.Release();
    }

    private void Leave()
    {
        if (IsGone)
            writer.Dispose();
        _turn.Release();
    }

    internal readonly struct Turn(LiveSession session) : IDisposable
    {
        public void Dispose() => session.Leave();
    }
}
