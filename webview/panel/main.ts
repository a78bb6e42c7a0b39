import './panel.css';
import { PanelView } from './panelView';
import { Bridge } from './shared/bridge';

const bridge = new Bridge();
const view = new PanelView(bridge);
document.body.append(view.element);
bridge.listen((message) => view.receive(message));
bridge.post({ type: 'ready' });
