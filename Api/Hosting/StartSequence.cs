using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Api.Hosting;

/// <summary>Starts the steps in order and stops those that started in reverse.</summary>
internal sealed class StartSequence(IEnumerable<IStartStep> steps, ILogger<StartSequence> logger, TimeProvider time)
{
    private readonly Stack<IStartStep> _started = new();
    private int _reached = int.MinValue;

    /// <summary>
    /// Starts every step up to <paramref name="lastOrder"/> that has not been started. If one fails, all started steps are stopped before
    /// the exception is thrown.
    /// </summary>
    public async Task StartAsync(int lastOrder, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var step in steps.OrderBy(step => step.Order).Where(step => step.Order > _reached && step.Order <= lastOrder))
            {
                cancellationToken.ThrowIfCancellationRequested();
                var began = time.GetTimestamp();
                await step.StartAsync(cancellationToken);
                _started.Push(step);
                HostingLog.StepStarted(logger, step.Name, (long)time.GetElapsedTime(began).TotalMilliseconds);
            }

            _reached = lastOrder;
        }
        catch
        {
            await StopAsync(CancellationToken.None);
            throw;
        }
    }

    /// <summary>Stops the started steps in reverse order, even if one fails to stop.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        while (_started.TryPop(out var step))
        {
            var began = time.GetTimestamp();
            try
            {
                await step.StopAsync(cancellationToken);
                HostingLog.StepStopped(logger, step.Name, (long)time.GetElapsedTime(began).TotalMilliseconds);
            }
            catch (Exception e)
            {
                HostingLog.StepStopFailed(logger, e, step.Name);
            }
        }
    }
}
