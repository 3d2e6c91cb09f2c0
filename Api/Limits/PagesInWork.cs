using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;

namespace ChunkUpload.Api.Limits;

/// <summary>
/// Limits the bytes of answers that are made and not sent yet, of a caller and of all: a client that asks for many long pages and reads
/// none would keep all of them in memory. Short answers are not counted.
/// </summary>
internal sealed class PagesInWork : ILongAnswers
{
    public const long MostOfAll = 64 << 20;
    public const long MostOfCaller = 16 << 20;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _callers = new(StringComparer.Ordinal);
    private long _all;

    /// <summary>Takes room for an answer. Its end gives the room back.</summary>
    /// <returns>Null if there is none; a caller always has room for one answer of any length, if the service has.</returns>
    public Room? TryTake(string caller, long bytes)
    {
        if (bytes < ILongAnswers.Short)
            return new Room(null, caller, 0);
        lock (_gate)
        {
            var own = _callers.GetValueOrDefault(caller);
            if ((own > 0 && own + bytes > MostOfCaller) || (_all > 0 && _all + bytes > MostOfAll))
                return null;
            _callers[caller] = own + bytes;
            _all += bytes;
        }

        return new Room(this, caller, bytes);
    }

    public async Task SendAsync(HttpContext context, long bytes, Func<Task> send)
    {
        using var room = TryTake(KeyOf(context), bytes);
        if (room is null)
        {
            await Refusal.Of(new RequestFailure(
                RequestError.Overloaded, "Too many long pages are being sent. Read those that you have asked for, then ask again.")
            {
                RetryAfter = Pause,
            }).ExecuteAsync(context);
            return;
        }

        await send();
    }

    // Many people may use a link, and none of them may use up what the others need.
    private static string KeyOf(HttpContext context)
    {
        var address = SignInAttempts.KeyOf(context.Connection.RemoteIpAddress);
        return !context.HasCaller() ? address
            : context.Caller() is { Grant: null } caller ? $"{caller.Tenant} {caller.Subject}"
            : $"{context.Caller().Subject} {address}";
    }

    private void Return(string caller, long bytes)
    {
        lock (_gate)
        {
            _all -= bytes;
            var left = _callers[caller] - bytes;
            if (left == 0)
                _callers.Remove(caller);
            else
                _callers[caller] = left;
        }
    }

    /// <summary>The room of one answer.</summary>
    internal sealed class Room(PagesInWork? work, string caller, long bytes) : IDisposable
    {
        private PagesInWork? _work = work;

        public void Dispose() => Interlocked.Exchange(ref _work, null)?.Return(caller, bytes);
    }
}
