using System.Collections.Concurrent;
using ChunkUpload.Agent;
using ChunkUpload.Client;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace ChunkUpload.Cli;

/// <summary>
/// Shows running transfers: live bars on a terminal, safe bytes over sent ones; elsewhere a line when something happens, and every ten
/// seconds.
/// </summary>
internal sealed class Bars
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(10);

    private readonly Output _output;
    private readonly ProgressContext? _live;
    private readonly StateColumn? _states;

    private Bars(Output output, ProgressContext? live, StateColumn? states) => (_output, _live, _states) = (output, live, states);

    public static async Task<T> ShowAsync<T>(Output output, Func<Bars, Task<T>> run)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        if (output.IsJson || output.IsQuiet || Console.IsErrorRedirected || !console.Profile.Capabilities.Interactive
            || !console.Profile.Capabilities.Ansi)
            return await run(new Bars(output, null, null));
        var states = new StateColumn();
        output.Hold();
        try
        {
            return await console.Progress().AutoClear(true).HideCompleted(true)
                .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new BarColumn(states), states)
                .StartAsync(live => run(new Bars(output, live, states)));
        }
        finally
        {
            output.Release();
        }
    }

    public IProgress<TransferProgress> Begin(string name)
    {
        if (_output.IsJson)
            return new Report<TransferProgress>(_ => { });
        if (_live is not null)
        {
            var task = _live.AddTask(Markup.Escape(Output.Printable(name.Length > 32 ? name[..31] + "…" : name)));
            return new Report<TransferProgress>(now =>
            {
                _states!.Now[task.Id] = now;
                task.MaxValue = Math.Max(1, now.Size ?? 1);
                task.Value = now.Phase == TransferPhase.Done ? task.MaxValue : Math.Min(now.Safe, task.MaxValue - 0.5);
            });
        }

        var last = TimeProvider.System.GetTimestamp();
        string? trouble = null;
        return new Report<TransferProgress>(now =>
        {
            if (now.Trouble is { } reason && reason != trouble)
                _output.Note($"{name}: {reason}{(now.RetryIn is { } pause ? $" Trying again in {Figures.Time(pause)}." : "")}");
            else if (now.Phase == TransferPhase.Moving && TimeProvider.System.GetElapsedTime(last) > Pace)
                _output.Note($"{name}: {Text(now)}");
            else if (now.Trouble == trouble)
                return;
            (last, trouble) = (TimeProvider.System.GetTimestamp(), now.Trouble ?? trouble);
        });
    }

    /// <summary>A bar for the folder, and one for each of its large files while it moves.</summary>
    public IProgress<FolderProgress> BeginFolder(string name)
    {
        var whole = Begin(name);
        var files = new Dictionary<string, (IProgress<TransferProgress> Bar, TransferProgress Last)>();
        var gate = new Lock();
        var sums = new WholeFolder(name, whole);
        return new Report<FolderProgress>(now =>
        {
            sums.Report(now);
            if (_live is null)
                return;
            lock (gate)
            {
                var running = now.Running.DistinctBy(file => file.Name).ToDictionary(file => file.Name);
                foreach (var (file, state) in running)
                {
                    var bar = files.TryGetValue(file, out var known) ? known.Bar : Begin(file);
                    files[file] = (bar, state);
                    bar.Report(state);
                }

                foreach (var file in files.Keys.Where(file => !running.ContainsKey(file)).ToList())
                {
                    files[file].Bar.Report(files[file].Last with { Phase = TransferPhase.Done });
                    _ = files.Remove(file);
                }
            }
        });
    }

    public static string Text(TransferProgress now)
    {
        var size = now.Size is { } all ? $" of {Figures.Bytes(all)}" : "";
        return now.Phase switch
        {
            TransferPhase.Waiting => $"{Figures.Bytes(now.Safe)}{size} safe, waiting: {now.Trouble}",
            TransferPhase.Verifying => $"{Figures.Bytes(now.Safe)}{size} safe, verifying",
            TransferPhase.Starting => "starting",
            _ => $"{Figures.Bytes(now.Safe)}{size} safe, {Figures.Bytes(now.Speed)}/s"
                + (now.Remaining is { } left ? $", {Figures.Time(left)} left" : ""),
        };
    }

    // Progress<T> would report on other threads, and late.
    private sealed class Report<T>(Action<T> report) : IProgress<T>
    {
        private readonly Lock _gate = new();

        void IProgress<T>.Report(T value)
        {
            lock (_gate)
                report(value);
        }
    }

    private sealed class StateColumn : ProgressColumn
    {
        public ConcurrentDictionary<int, TransferProgress> Now { get; } = new();

        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            Now.TryGetValue(task.Id, out var now)
                ? new Text(Text(now), now.Phase == TransferPhase.Waiting ? Color.Yellow : Style.Plain) { Overflow = Overflow.Ellipsis }
                : Spectre.Console.Text.Empty;
    }

    private sealed class BarColumn(StateColumn states) : ProgressColumn
    {
        private const int Width = 30;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
        {
            if (!states.Now.TryGetValue(task.Id, out var now) || now.Size is not > 0)
                return new Text(new string('·', Width), Color.Grey);
            var safe = (int)(now.Safe * Width / now.Size.Value);
            var sent = Math.Clamp((int)(now.Sent * Width / now.Size.Value), safe, Width);
            return new Paragraph()
                .Append(new string('━', safe), Color.Green)
                .Append(new string('━', sent - safe), Color.Yellow)
                .Append(new string('─', Width - sent), Color.Grey);
        }
    }
}
