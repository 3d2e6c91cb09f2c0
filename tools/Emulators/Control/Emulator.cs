using System.Text.Json;
using Microsoft.AspNetCore.Builder;

namespace ChunkUpload.Emulators.Control;

/// <summary>One emulated storage. <see cref="EmulatorHost"/> gives it listeners, faults, a journal, a clock and sign-in pages.</summary>
internal abstract class Emulator : IAsyncDisposable
{
    /// <summary>The word on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>The number of listeners: a storage that serves content from hosts of its own has more than one.</summary>
    public virtual int Listeners => 1;

    /// <summary>Where a listener is when the options give no address for it.</summary>
    public virtual string UsualUrl(int listener) => "http://127.0.0.1:0";

    /// <summary>The named values that <c>/_control/switches</c> changes, with their defaults.</summary>
    public abstract IReadOnlyDictionary<string, object?> DefaultSwitches { get; }

    /// <summary>How the sign-in pages look and which addresses they have.</summary>
    public abstract OAuth.OAuthProfile OAuth { get; }

    /// <summary>Adds the storage's routes. Called once, before the listeners open.</summary>
    public abstract void Map(WebApplication app, EmulatorContext context);

    /// <summary>Called once when the listeners' addresses are known, and after each reset: seeds what the options ask for.</summary>
    public abstract Task BeginAsync(CancellationToken cancellationToken);

    /// <summary>Forgets everything that was stored.</summary>
    public abstract void Reset();

    /// <summary>Adds the files of a description; returns what the caller needs to find them.</summary>
    public abstract Task<object> SeedAsync(JsonElement description, CancellationToken cancellationToken);

    public abstract void ExpireSessions();

    public abstract void ExpireDownloadUrls();

    /// <summary>Sets the space of an account, or of all accounts; null takes the limit away.</summary>
    public abstract void SetQuota(string? account, long? bytes);

    /// <summary>Called when the listeners are closed.</summary>
    public virtual ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>An error in the vendor's form, for the fault <c>status</c> with a reason instead of a body. A text is XML.</summary>
    public abstract object ErrorBody(int status, string? reason, string? message);
}
