using Xunit.Abstractions;

namespace ChunkUpload.Tests.Support.Selection;

/// <summary>Passes a run's messages on, and keeps the line "DONE TOTAL FAILED" in a file up to date.</summary>
internal sealed class ProgressSink(IMessageSink next, string file, int total) : LongLivedMarshalByRefObject, IMessageSink
{
    private readonly Lock _gate = new();
    private int _done;
    private int _failed;

    public bool OnMessage(IMessageSinkMessage message)
    {
        if (message is ITestFailed or ITestCaseFinished)
        {
            lock (_gate)
            {
                if (message is ITestFailed)
                    _failed++;
                else
                    _done++;
                File.WriteAllText(file, $"{_done} {total} {_failed}\n");
            }
        }

        return next.OnMessage(message);
    }
}
