using System.Globalization;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Nodes;

namespace ChunkUpload.Api.Cli;

/// <summary>nodes list, drain, resume, forget. A node applies the change within two seconds.</summary>
internal sealed class NodeVerbs(IServiceProvider services, AdminCommand command)
{
    private readonly INodeLedger _nodes = services.GetRequiredService<INodeLedger>();

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (command.Action.Name == "list")
        {
            await ListAsync(cancellationToken);
            return;
        }

        var name = command.Arguments[0];
        switch (command.Action.Name)
        {
            case "drain":
                await ChangeAsync(name, drains: true, cancellationToken);
                await AdminVerbs.SayAsync($"{name} begins no uploads and takes no work within two seconds. What is under way continues.");
                break;
            case "resume":
                await ChangeAsync(name, drains: false, cancellationToken);
                await AdminVerbs.SayAsync($"{name} takes uploads and work again.");
                break;
            default:
                await ForgetAsync(name, cancellationToken);
                break;
        }
    }

    private async Task ListAsync(CancellationToken cancellationToken)
    {
        var nodes = await _nodes.ListAsync(cancellationToken);
        var views = nodes.Select(Nodes.NodeView.Of).ToList();
        AdminVerbs.Write(
            ["NAME", "ADDRESS", "STATE", "ROLES", "UPLOADS", "WORK", "FREE", "BUCKET", "VERSION", "SINCE (UTC)"], views.Select(Row));
        foreach (var view in views)
        {
            if (view.Bucket is { Trouble: { } trouble } bucket)
                await AdminVerbs.SayAsync($"{view.Name} cannot use the bucket {bucket.Name}: {trouble}");
        }

        if (NodeWork.Trouble(nodes) is { } waits)
            await AdminVerbs.SayAsync(waits);
    }

    private static string[] Row(Nodes.NodeView view)
    {
        return
        [
            view.Name, view.Address ?? "-", view.State, view.Roles ?? "-", Number(view.Uploads), Number(view.Work),
            view.Store is { } store ? string.Create(CultureInfo.InvariantCulture, $"{store.FreeBytes >> 30} GiB") : "-",
            view.Bucket is { } bucket ? bucket.Trouble is null ? "ok" : "fails" : "-",
            view.Version ?? "-", $"{view.StartedAt:yyyy-MM-dd HH:mm}",
        ];
    }

    private static string Number(int? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "-";

    private async Task ChangeAsync(string name, bool drains, CancellationToken cancellationToken)
    {
        if (!await _nodes.DrainAsync(name, drains, cancellationToken))
            throw Unknown(name);
    }

    private async Task ForgetAsync(string name, CancellationToken cancellationToken)
    {
        switch (await _nodes.ForgetAsync(name, cancellationToken))
        {
            case ForgetAnswer.Forgotten:
                await AdminVerbs.SayAsync(
                    $"{name} is forgotten. Files in its store cannot be read until a service starts in its data directory again.");
                break;
            case ForgetAnswer.Runs:
                throw new StartRefusedException($"{name} runs, or did so in the last 15 seconds: stop it first.");
            default:
                throw Unknown(name);
        }
    }

    private static StartRefusedException Unknown(string name) => new($"There is no node called {name}; nodes list shows them.");
}
