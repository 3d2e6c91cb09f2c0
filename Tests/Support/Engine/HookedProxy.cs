using System.Reflection;
using System.Runtime.ExceptionServices;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Infrastructure.Tree;
using ChunkUpload.Infrastructure.Uploads;

namespace ChunkUpload.Tests.Support.Engine;

/// <summary>The interfaces of a store on a disk in one type, as a dispatch proxy needs.</summary>
internal interface IDiskStore : IChunkStore, IPreallocatingStore, IProbedStore;

/// <summary>A store, or a role of the ledger, whose calls go through <see cref="EngineHooks"/>.</summary>
#pragma warning disable CA1852 // The runtime derives from it.
internal class HookedProxy : DispatchProxy
#pragma warning restore CA1852
{
    private static readonly MethodInfo Generic = typeof(HookedProxy)
        .GetMethods(BindingFlags.Instance | BindingFlags.NonPublic)
            .Single(method => method is { Name: nameof(RunAsync), IsGenericMethod: true });

    /// <summary>The interfaces by which the engine uses the ledger.</summary>
    public static IEnumerable<Type> LedgerRoles { get; } =
        [.. typeof(PostgresUploadLedger).GetInterfaces(), .. typeof(PostgresTreeLedger).GetInterfaces()];

    private object _target = null!;
    private EngineHooks _hooks = null!;

    public static T Wrap<T>(T target, EngineHooks hooks)
        where T : class => (T)Wrap(typeof(T), target, hooks);

    public static object Wrap(Type seam, object target, EngineHooks hooks)
    {
        var proxy = Create(seam == typeof(IChunkStore) ? typeof(IDiskStore) : seam, typeof(HookedProxy));
        ((HookedProxy)proxy)._target = target;
        ((HookedProxy)proxy)._hooks = hooks;
        return proxy;
    }

    protected override object? Invoke(MethodInfo? method, object?[]? arguments)
    {
        if (method!.IsSpecialName || method.Name == nameof(IAsyncDisposable.DisposeAsync))
            return Call(method, arguments);
        var name = _target is IUploadLedger && method.Name == nameof(IUploadLedger.CreateAsync)
            ? EngineHooks.CreateUpload
            : method.Name;
        var call = new EngineCall(name, arguments ?? [], Changes: !method.IsDefined(typeof(QueryAttribute)));
        if (method.ReturnType == typeof(Task))
            return RunAsync(call, method);
        if (method.ReturnType.IsGenericType && method.ReturnType.GetGenericTypeDefinition() == typeof(Task<>))
            return Generic.MakeGenericMethod(method.ReturnType.GenericTypeArguments).Invoke(this, [call, method]);

        _hooks.BeforeAsync(call).GetAwaiter().GetResult();
        var result = Call(method, arguments);
        _hooks.AfterAsync(call).GetAwaiter().GetResult();
        return result;
    }

    private async Task RunAsync(EngineCall call, MethodInfo method)
    {
        await _hooks.BeforeAsync(call);
        await (Task)Call(method, call.Arguments)!;
        await _hooks.AfterAsync(call);
    }

    private async Task<TResult> RunAsync<TResult>(EngineCall call, MethodInfo method)
    {
        await _hooks.BeforeAsync(call);
        var result = await (Task<TResult>)Call(method, call.Arguments)!;
        await _hooks.AfterAsync(call);
        return result is IStoredFileWriter writer ? (TResult)(object)new HookedWriter(writer, _hooks) : result;
    }

    private object? Call(MethodInfo method, object?[]? arguments)
    {
        try
        {
            return method.Invoke(_target, arguments);
        }
        catch (TargetInvocationException exception) when (exception.InnerException is { } inner)
        {
            ExceptionDispatchInfo.Throw(inner);
            throw;
        }
    }
}
