using System.Collections.Concurrent;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Connections;

/// <summary>
/// Connects accounts by codes that people enter at their provider on another device. This service asks the provider meanwhile, so that the
/// page that shows a code may be closed; what becomes of it can be asked at every node. One that a restart of its node ends is begun again.
/// </summary>
public sealed class DeviceSignIns(ConnectionSignIns signIns, IDeviceSignInLedger ledger, Credentials credentials, TimeProvider time)
    : IAsyncDisposable
{
    private const int MostPerUser = 5;

    /// <summary>How long the outcome of a sign-in can be queried.</summary>
    private static readonly TimeSpan RememberFor = TimeSpan.FromMinutes(10);

    // Those for which this process asks a provider.
    private readonly ConcurrentDictionary<Guid, DeviceSignIn> _followed = new();

    /// <param name="device">The provider's device sign-in.</param>
    /// <param name="again">The connection that is signed in again; null if a new one is made.</param>
    public async Task<Outcome<DeviceSignIn>> BeginAsync(
        Caller caller, ISignInProvider provider, IDeviceSignIn device, string? title, Connection? again,
        CancellationToken cancellationToken)
    {
        var code = await device.BeginAsync(cancellationToken);
        if (!code.Ok)
            return code.Fault;
        var purpose = new SignInPurpose(caller.Tenant, caller.Subject, title, again?.Id);
        var signIn = new DeviceSignIn(provider.Kind, purpose, code.Value, time.GetUtcNow() + code.Value.Lasts);
        await ledger.BeginAsync(signIn, MostPerUser, signIn.ExpiresAt + RememberFor, cancellationToken);
        _followed[signIn.Id] = signIn;
        // The request that begins it ends before. Its actor goes along, for the audit.
        signIn.End = Task.Run(() => FollowAsync(signIn, provider, device), CancellationToken.None);
        return signIn;
    }

    /// <summary>Null: the caller has none of this id.</summary>
    public Task<DeviceSignInState?> FindAsync(Caller caller, Guid id, CancellationToken cancellationToken) =>
        ledger.FindAsync(caller.Tenant, caller.Subject, id, cancellationToken);

    /// <summary>Forgets one; a code that is entered afterwards connects nothing.</summary>
    public async Task<bool> CancelAsync(Caller caller, Guid id, CancellationToken cancellationToken)
    {
        if (!await ledger.RemoveAsync(caller.Tenant, caller.Subject, id, cancellationToken))
            return false;
        if (_followed.TryGetValue(id, out var signIn))
            await StopAsync(signIn);
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var signIn in _followed.Values)
            await StopAsync(signIn);
    }

    private async Task<ConnectionSignInEnd> FollowAsync(DeviceSignIn signIn, ISignInProvider provider, IDeviceSignIn device)
    {
        ConnectionSignInEnd end;
        try
        {
            end = await AskAsync(signIn, provider, device);
            if (signIn.Cancelled.IsCancellationRequested)
                return end;
            end = await signIns.RecordAsync(provider.Kind, signIn.Purpose.Connection, end);
            await ledger.EndAsync(signIn.Id, end, CancellationToken.None);
            return end;
        }
        catch (OperationCanceledException) when (signIn.Cancelled.IsCancellationRequested)
        {
            return ConnectionSignIns.Failed(ConnectionSignInFault.Ended);
        }
        catch (LedgerUnavailableException)
        {
            return ConnectionSignIns.Failed(ConnectionSignInFault.Failed);
        }
        finally
        {
            _ = _followed.TryRemove(signIn.Id, out _);
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
            // Another node may have given it up.
            if (!await ledger.IsOpenAsync(signIn.Id, signIn.Cancelled))
                return ConnectionSignIns.Failed(ConnectionSignInFault.Ended);
            var answer = await device.AskAsync(signIn.Code.Code, signIn.Cancelled);
            if (answer.Fault is { } fault)
                return ConnectionSignIns.Failed(fault);
            if (answer.Grant is { } grant)
            {
                // The person may have lost the right to add connections since the code was issued.
                var owner = await credentials.OfSubjectAsync(
                    signIn.Purpose.Tenant, signIn.Purpose.Subject, null, CancellationToken.None);
                return owner?.Scopes.HasFlag(Scopes.Transfers) == true && await ledger.IsOpenAsync(signIn.Id, CancellationToken.None)
                    // The code is used up, so what it gave is kept even while the service stops.
                    ? await signIns.KeepAsync(provider, signIn.Purpose, grant, CancellationToken.None)
                    : ConnectionSignIns.Failed(ConnectionSignInFault.Ended);
            }

            pace.After(answer);
        }
    }

    private static async Task StopAsync(DeviceSignIn signIn)
    {
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

    public SignInPurpose Purpose { get; }

    internal DeviceCode Code { get; }

    internal CancellationToken Cancelled { get; }

    internal Task CancelAsync() => _cancel.CancelAsync();

    public void Dispose() => _cancel.Dispose();
}
