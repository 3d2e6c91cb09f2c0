using System.Collections.Concurrent;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Connections;

/// <summary>
/// Connects accounts by codes that people enter at their provider on another device. This service asks the provider meanwhile, so that the
/// page that shows a code may be closed. Open sign-ins are in memory: one that a restart ends is begun again.
/// </summary>
public sealed class DeviceSignIns(ConnectionSignIns signIns, Credentials credentials, TimeProvider time) : IAsyncDisposable
{
    private const int MostPerUser = 5;

    /// <summary>How long it can be told what became of one.</summary>
    private static readonly TimeSpan RememberFor = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<Guid, DeviceSignIn> _all = new();

    /// <param name="device">Of the provider.</param>
    /// <param name="again">The connection that is signed in again; null: a new one is made.</param>
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
        // The request that begins it ends before. Its actor goes along, for the audit.
        signIn.End = Task.Run(() => FollowAsync(signIn, provider, device), CancellationToken.None);
        _all[signIn.Id] = signIn;
        return signIn;
    }

    /// <summary>Null: the caller has none of this id.</summary>
    public DeviceSignIn? Find(Caller caller, Guid id) =>
        _all.TryGetValue(id, out var signIn) && signIn.IsOf(caller.Tenant, caller.Subject) ? signIn : null;

    /// <summary>Forgets one; a code that is entered afterwards connects nothing.</summary>
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
                // The person may have lost the right to connect anything while the code was out.
                var owner = await credentials.OfSubjectAsync(
                    signIn.Purpose.Tenant, signIn.Purpose.Subject, null, CancellationToken.None);
                return owner?.Scopes.HasFlag(Scopes.Transfers) == true
                    // The code is used up, so what it gave is kept even while the service stops.
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

/// <summary>A sign-in for which a code is out.</summary>
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

    /// <summary>What the person enters.</summary>
    public string UserCode => Code.UserCode;

    /// <summary>Where the person enters it.</summary>
    public Uri Page => Code.Page;

    public DateTimeOffset ExpiresAt { get; }

    /// <summary>What becomes of it.</summary>
    public Task<ConnectionSignInEnd> End { get; internal set; } = null!;

    internal SignInPurpose Purpose { get; }

    internal DeviceCode Code { get; }

    internal CancellationToken Cancelled { get; }

    internal bool IsOf(string tenant, string subject) => Purpose.Tenant == tenant && Purpose.Subject == subject;

    internal Task CancelAsync() => _cancel.CancelAsync();

    public void Dispose() => _cancel.Dispose();
}
