using System.Collections.Concurrent;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Connections;

/// <summary>
/// Connects accounts by codes that people enter at their provider on another device. This service polls the provider, so the page that
/// shows a code may be closed. Open sign-ins are in memory only; after a restart they must be started again.
/// </summary>
public sealed class DeviceSignIns(ConnectionSignIns signIns, Credentials credentials, TimeProvider time) : IAsyncDisposable
{
    private const int MostPerUser = 5;

    /// <summary>How long the outcome of a sign-in can be queried.</summary>
    private static readonly TimeSpan RememberFor = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<Guid, DeviceSignIn> _all = new();

    /// <param name="device">The provider's device sign-in.</param>
    /// <param name="again">The connection that is signed in again; null if a new one is made.</param>
    public async Task<Outcome<DeviceSignIn>> BeginAsync(
        Caller caller, ISignInProvider provider, IDeviceSignIn device, string? title, Connection? again,
        CancellationToken cancellationToken)
    {
        var code = await device.BeginAsync(cancellationToken);
        if (!code.Ok)
            return code.Fault;
        await MakeRoomAsync(caller);
        var purpose = new SignInPurpose(caller.Tenant, caller.Subject, title, again?.Id);
        var signIn = new DeviceSignIn(provider.Kind, purpose, code.Value, time.GetUtcNow() + code.Value.Lasts);
        // It outlives the request that starts it. The actor flows along, for the audit log.
        signIn.End = Task.Run(() => FollowAsync(signIn, provider, device), CancellationToken.None);
        _all[signIn.Id] = signIn;
        return signIn;
    }

    /// <summary>Returns the caller's sign-in with this id, or null.</summary>
    public DeviceSignIn? Find(Caller caller, Guid id) =>
        _all.TryGetValue(id, out var signIn) && signIn.IsOf(caller.Tenant, caller.Subject) ? signIn : null;

    /// <summary>Removes a sign-in. A code that is entered afterwards has no effect.</summary>
    public async Task<bool> CancelAsync(Caller caller, Guid id)
    {
        if (Find(caller, id) is not { } signIn)
            return false;
        await ForgetAsync(signIn);
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var signIn in _all.Values)
            await ForgetAsync(signIn);
    }

    private async Task<ConnectionSignInEnd> FollowAsync(DeviceSignIn signIn, ISignInProvider provider, IDeviceSignIn device)
    {
        ConnectionSignInEnd end;
        try
        {
            end = await AskAsync(signIn, provider, device);
            if (signIn.Cancelled.IsCancellationRequested)
                return end;
            return await signIns.RecordAsync(provider.Kind, signIn.Purpose.Connection, end);
        }
        catch (OperationCanceledException) when (signIn.Cancelled.IsCancellationRequested)
        {
            return ConnectionSignIns.Failed(ConnectionSignInFault.Ended);
        }
        catch (LedgerUnavailableException)
        {
            return ConnectionSignIns.Failed(ConnectionSignInFault.Failed);
        }
    }

    private async Task<ConnectionSignInEnd> AskAsync(DeviceSignIn signIn, ISignInProvider provider, IDeviceSignIn device)
    {
        var pace = new DevicePace(signIn.Code.Interval);
        while (true)
        {
            await Task.Delay(pace.Pause, time, signIn.Cancelled);
            if (time.GetUtcNow() >= signIn.ExpiresAt)
                return ConnectionSignIns.Failed(ConnectionSignInFault.Expired);
            var answer = await device.AskAsync(signIn.Code.Code, signIn.Cancelled);
            if (answer.Fault is { } fault)
                return ConnectionSignIns.Failed(fault);
            if (answer.Grant is { } grant)
            {
                // The person may have lost the right to add connections since the code was issued.
                var owner = await credentials.OfSubjectAsync(
                    signIn.Purpose.Tenant, signIn.Purpose.Subject, null, CancellationToken.None);
                return owner?.Scopes.HasFlag(Scopes.Transfers) == true
                    // The code cannot be used again, so its tokens are stored even while the service stops.
                    ? await signIns.KeepAsync(provider, signIn.Purpose, grant, CancellationToken.None)
                    : ConnectionSignIns.Failed(ConnectionSignInFault.Ended);
            }

            pace.After(answer);
        }
    }

    private async Task MakeRoomAsync(Caller caller)
    {
        var now = time.GetUtcNow();
        foreach (var old in _all.Values.Where(one => one.ExpiresAt + RememberFor < now))
            await ForgetAsync(old);
        var own = _all.Values.Where(one => one.IsOf(caller.Tenant, caller.Subject)).OrderByDescending(one => one.ExpiresAt);
        foreach (var surplus in own.Skip(MostPerUser - 1))
            await ForgetAsync(surplus);
    }

    private async Task ForgetAsync(DeviceSignIn signIn)
    {
        if (!_all.TryRemove(KeyValuePair.Create(signIn.Id, signIn)))
            return;
        await signIn.CancelAsync();
        _ = await signIn.End;
        signIn.Dispose();
    }
}

/// <summary>A sign-in that waits until a code is entered.</summary>
public sealed class DeviceSignIn : IDisposable
{
    private readonly CancellationTokenSource _cancel = new();

    internal DeviceSignIn(string kind, SignInPurpose purpose, DeviceCode code, DateTimeOffset expiresAt)
    {
        (Kind, Purpose, Code, ExpiresAt) = (kind, purpose, code, expiresAt);
        Cancelled = _cancel.Token;
    }

    public Guid Id { get; } = Guid.NewGuid();

    public string Kind { get; }

    /// <summary>The code that the person enters.</summary>
    public string UserCode => Code.UserCode;

    /// <summary>The page on which the person enters the code.</summary>
    public Uri Page => Code.Page;

    public DateTimeOffset ExpiresAt { get; }

    /// <summary>Completes with the outcome of the sign-in.</summary>
    public Task<ConnectionSignInEnd> End { get; internal set; } = null!;

    internal SignInPurpose Purpose { get; }

    internal DeviceCode Code { get; }

    internal CancellationToken Cancelled { get; }

    internal bool IsOf(string tenant, string subject) => Purpose.Tenant == tenant && Purpose.Subject == subject;

    internal Task CancelAsync() => _cancel.CancelAsync();

    public void Dispose() => _cancel.Dispose();
}
