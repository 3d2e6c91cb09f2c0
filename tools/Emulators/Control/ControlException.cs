namespace ChunkUpload.Emulators.Control;

/// <summary>A request to <c>/_control</c>, or a command line, that cannot be obeyed; its message is shown.</summary>
internal sealed class ControlException(string message) : Exception(message);
