namespace ChunkUpload.Emulators.Control;

/// <summary>What the control plane gives to an emulated storage.</summary>
internal sealed class EmulatorContext
{
    public required EmulatorOptions Options { get; init; }

    public required EmulatorClock Clock { get; init; }

    public required Journal Journal { get; init; }

    public required FaultList Faults { get; init; }

    public required Switches Switches { get; init; }

    public required OAuth.OAuthServer OAuth { get; init; }

    public required Content.ContentStore Content { get; init; }

    /// <summary>
    /// The listeners' addresses without a slash at the end, in the order of the options; known when the emulator has started.
    /// </summary>
    public IReadOnlyList<string> Addresses { get; set; } = [];
}
