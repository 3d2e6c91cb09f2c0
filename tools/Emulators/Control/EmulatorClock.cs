namespace ChunkUpload.Emulators.Control;

/// <summary>The emulator's time: the machine's clock plus what <c>/_control/tick</c> has added. Tokens and sessions expire by it.</summary>
internal sealed class EmulatorClock(TimeProvider machine) : TimeProvider
{
    private long _addedTicks;

    public override DateTimeOffset GetUtcNow() => machine.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _addedTicks));

    public void Advance(TimeSpan by) => Interlocked.Add(ref _addedTicks, by.Ticks);

    public void Reset() => Interlocked.Exchange(ref _addedTicks, 0);
}
