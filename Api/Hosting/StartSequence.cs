using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Api.Hosting;

/// <summary>Starts the steps in order and stops those that started in reverse.</summary>
internal sealed class StartSequence(IEnumerable<IStartStep> steps, ILogger<StartSequence> logger, TimeProvider time)
{
    private readonly Stack<IStartStep> _started = new();
    private int _reached = int.MinValue;

    /// <summary>
    /// Starts every step up to <paramref name="lastOrder"/> that an earlier call has not. When one fails, all that started are
    /// stopped first.
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

    /// <summary>A step that fails to stop does not keep the others from stopping.</summary>
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
